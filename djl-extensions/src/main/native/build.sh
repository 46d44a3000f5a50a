#!/bin/sh
# Builds the native library for the platform this runs on: build.sh OUTPUT.so (needs g++ and a JDK).
set -eu
source=$(dirname "$0")/djlext_autograd.cc
java_home=${JAVA_HOME:-$(dirname "$(dirname "$(readlink -f "$(command -v javac)")")")}
sha256=$(sha256sum "$source" | cut -d' ' -f1)
mkdir -p "$(dirname "$1")"
exec g++ -std=c++17 -O2 -fPIC -shared -fvisibility=hidden -s -Wall -Wextra -Werror \
    -DSOURCE_SHA256="\"$sha256\"" -I"$java_home/include" -I"$java_home/include/linux" \
    -o "$1" "$source" -ldl
