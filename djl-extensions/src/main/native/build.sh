#!/bin/sh
# Builds the native library for the platform this runs on: build.sh OUTPUT.so (needs g++ and a JDK).
set -eu
sources=$(dirname "$0")
java_home=${JAVA_HOME:-$(dirname "$(dirname "$(readlink -f "$(command -v javac)")")")}
sha256=$(cat "$sources/abi.h" "$sources/djlext_autograd.cc" "$sources/symbols.inc" | sha256sum | cut -d' ' -f1)
mkdir -p "$(dirname "$1")"
# EXTRA takes options such as -fsanitize=address.
exec g++ -std=c++17 -O2 -fPIC -shared -fvisibility=hidden -s -Wall -Wextra -Werror ${EXTRA:-} \
    -DSOURCE_SHA256="\"$sha256\"" -I"$java_home/include" -I"$java_home/include/linux" \
    -o "$1" "$sources/djlext_autograd.cc" -ldl
