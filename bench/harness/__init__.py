"""What bench/run is made of.

`measures/` says what is measured, one file each; `rounds.py` takes turns; `results.py` keeps every raw figure;
`spread.py`, `tables.py`, `verdict.py`, `pictures.py` and `report.py` make of them what is read.
"""
