"""Plans become numbers: programs run shard by shard, results stored, checks judged."""
