"""Models that several tests compute."""

COSINES = """\
model:
  inputs: {x: R}
  indices: {i: N}
  params:
    w[i]: Normal(0, 1)
    b[i]: Uniform(-pi, pi)
    a[i]: Normal(0, 1/N)
  field: phi(x)
  def: sqrt(2)*sum_i a[i]*cos(w[i]*x + b[i])
"""
"""G2 is exp(-(x - y)^2/2) at every N."""

POINT = """\
let: {lambda: LAMBDA}
data: {xs: [0]}
model:
  inputs: {x: R}
  params: {a: "Normal(0, 1)"}
  field: phi(x)
  def: a + 0*x
  deform: exp(-lambda/24*phi(0)^4)
"""
"""phi^4 without a dimension."""

CIRCLE = """\
let: {L: 4, m2: 1, lambda: 6, K: (2*pi/L)^2 + m2}
data: {xs: [0, L/4, L/2]}
model:
  inputs: {t: R}
  params: {z: "Normal(0, 1/m2)", a: "Normal(0, 1/K)", b: "Normal(0, 1/K)"}
  field: phi(t)
  def: z/sqrt(L) + sqrt(2/L)*(a*cos(2*pi*t/L) + b*sin(2*pi*t/L))
  deform: exp(-lambda/24*integral(phi^4, y in Interval(0, L)))
"""
"""phi^4 with three modes on a circle."""
