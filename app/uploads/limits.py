"""How large a file and its parts may be, so that no spreadsheet can hurt the console."""

MEGABYTE = 1024 * 1024

MOST_BYTES = 20 * MEGABYTE  # of a workbook, and of a file whose kind has few rows
MOST_BYTES_OF_TEXT = 500 * MEGABYTE  # of a CSV file: a million people and all that is known of them
MOST_COLUMNS = 200
LONGEST_CELL = 10_000  # characters
MOST_TEXT = 30_000_000  # characters in all cells of a workbook together
MOST_ROWS = 1_048_576  # rows with something in them
ROWS_AT_ONCE = 500  # in one transaction
PEOPLE_AT_ONCE = 100  # whose files are the long ones: short enough that nobody who gives a dose waits for it
DEEPEST_ROW = 1_048_576  # the last row a spreadsheet has

# The inside of a workbook, which is a zip file
MOST_MEMBERS = 500
MOST_UNPACKED = 100 * MEGABYTE
MOST_TAGS = 8_000_000  # in all XML members together; 40,000 rows of people have about 7 million
LONGEST_TAG = 200_000  # bytes between two marks of XML; a cell of the longest text has far fewer
WORST_RATIO = 100  # unpacked : packed, looked at from this size on
RATIO_LOOKED_AT_FROM = 5 * MEGABYTE

# The child process that parses it
CHILD_MEMORY = 200 * MEGABYTE  # address space
APART_FROM = MEGABYTE  # a CSV file from this size on; a smaller one is too small to harm anyone
CHILD_CPU_SECONDS = 120
CHILD_WAIT_SECONDS = 90
