"""The short way of live messages: frames are read, matched and answered without a task for each."""
