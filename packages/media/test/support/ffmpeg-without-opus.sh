#!/bin/sh
# What an ffmpeg says that was built without libopus.
echo "Unknown encoder 'libopus'" >&2
exit 1
