"""What the programs of bench/ share: contenders on free ports, load by wrk, rounds that alternate."""
