def write_card(run, folder): return str(run.history)
