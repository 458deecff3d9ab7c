"""Powers of the width that enter a network by layer and optimizer."""
