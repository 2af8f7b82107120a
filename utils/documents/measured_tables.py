"""Tables of what a script measured and wrote into results/, shown as it is there."""

from utils.documents.records import csv_entries, device_text
from utils.tables import markdown_table

ON = "on"  # the column with the machine


def measured_table(file: str) -> str:
    """The rows of a CSV file of results/, with the machine in a line below; columns without a number are left out."""
    entries = csv_entries(file)
    columns = [name for name in entries[0] if name != ON and any(row[name] for row in entries)]
    rows = [[row[name] or "–" for name in columns] for row in entries]
    machines = dict.fromkeys(row[ON] for row in entries)
    return f"{markdown_table(columns, rows)}\n\nMeasured on {' and '.join(map(device_text, machines))}."
