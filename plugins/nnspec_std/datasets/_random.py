"""What random data sets share: streams named after their word, and what can be wrong with a number of points."""

from nnspec.numerics import streams
from nnspec.plugin import Parameter
from nnspec.plugin.readings import Array
from nnspec.plugin.records import Args

LARGEST_SEED = 2**63 - 1
SEED = Parameter(name="seed", type="int", doc="says which random numbers; another one gives other points", default=0)


def key(word: str, args: Args, part: str = "") -> Array:
    """The key of the stream `data/WORD` or `data/WORD/PART`, from the seed of the data set and nothing else."""
    name = f"data/{word}/{part}" if part else f"data/{word}"
    return streams.stream(streams.root_key(int(args["seed"])), name)


def refuse(args: Args) -> str | None:
    """Too few points or dimensions, or no seed."""
    for name, what in (("n", "point"), ("d", "dimension"), ("width", "neuron")):
        if name in args and args[name] < 1:
            return f"it needs at least one {what}, and {name} is {args[name]:g}"
    if not 0 <= args["seed"] <= LARGEST_SEED:
        return f"a seed is a whole number from 0 to 2^63 - 1, and this is {args['seed']:g}"
    return None
