"""The controls beside what an analyst would write in pandas, measured in one run on one machine."""
