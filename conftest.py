"""Notebooks run under nbmake, whichever of them is asked for, are watched for what nbmake does not notice."""

import watched_notebooks

watched_notebooks.watch()
