"""The system server: one folder per capability, each importing only what stands below it."""
