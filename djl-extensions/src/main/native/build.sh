#!/bin/sh
# Builds the native library for a platform: build.sh PLATFORM OUTPUT, or build.sh all FOLDER for each
# FOLDER/<platform>/<library>. It needs clang-19, lld-19, llvm-19 and a JDK, whatever machine it runs on, and gives the
# same bytes everywhere. CXX names another compiler, for Linux: it builds for its own machine, with EXTRA options such
# as -fsanitize=address.
set -eu
case $2 in
    /*) target=$2 ;;
    *) target=$PWD/$2 ;;
esac
cd "$(dirname "$0")"
include=${JAVA_HOME:-$(dirname "$(dirname "$(readlink -f "$(command -v javac)")")")}/include
sha256=$(find . -type f | LC_ALL=C sort | xargs cat | sha256sum | cut -d' ' -f1)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

compile() { # compile TRIPLE OPTIONS...
    triple=$1
    shift
    clang-19 --target="$triple" -std=c++17 -O2 -ffreestanding -nostdlibinc -fvisibility=hidden \
        -fexceptions -fcxx-exceptions -fno-threadsafe-statics -fno-stack-protector -fno-sized-deallocation -Wall -Wextra -Werror \
        -DSOURCE_SHA256="\"$sha256\"" -Ijni -Ijni/none -I"$include" "$@" -c -o "$work/library.o" djlext_autograd.cc
}

linux() { # linux TRIPLE OPTIONS...: each file of imports/linux stands for a library, with the names that it exports
    compile "$@" -fPIC
    for library in imports/linux/*; do
        stub=$work/$(basename "$library")
        sed 's/.*/.globl &\n&:/' "$library" | clang-19 --target="$1" -x assembler -c -o "$work/stub.o" -
        ld.lld-19 -shared -soname "$(basename "$library")" -o "$stub" "$work/stub.o"
    done
    ld.lld-19 -shared -s --eh-frame-hdr -z defs -z now --hash-style=gnu --build-id=none \
        -o "$output" "$work/library.o" "$work"/*.so.*
}

build() { # build PLATFORM OUTPUT
    platform=$1
    output=$2
    mkdir -p "$(dirname "$output")"
    case $platform in
        linux-x86_64) linux x86_64-linux-gnu ;;
        linux-aarch64) linux aarch64-linux-gnu -mno-outline-atomics ;;
        osx-aarch64)
            compile arm64-apple-macos11 -fPIC -fno-aligned-allocation
            # -adhoc_codesign: the system of such a Mac loads nothing without a signature.
            ld64.lld-19 -dylib -arch arm64 -platform_version macos 11.0 11.0 -dead_strip -x -adhoc_codesign \
                -install_name @rpath/libdjlext_autograd.dylib -o "$output" "$work/library.o" imports/macos/*.tbd
            ;;
        win-x86_64)
            compile x86_64-pc-windows-msvc -fno-rtti -mno-stack-arg-probe
            for library in imports/windows/*.def; do
                llvm-dlltool-19 -m i386:x86-64 -d "$library" -l "$work/$(basename "$library" .def).lib"
            done
            # -Brepro: no time of the build in it.
            lld-link-19 -dll -noentry -nodefaultlib -opt:ref -Brepro -out:"$output" -implib:"$work/own.imports" \
                "$work/library.o" "$work"/*.lib
            ;;
        *)
            echo "build.sh: no such platform: $platform" >&2
            exit 2
            ;;
    esac
}

if [ -n "${CXX:-}" ]; then
    exec "$CXX" -std=c++17 -O2 -fPIC -shared -fvisibility=hidden -fno-sized-deallocation -Wall -Wextra -Werror \
        ${EXTRA:-} -DSOURCE_SHA256="\"$sha256\"" -Ijni -Ijni/none -I"$include" -o "$target" djlext_autograd.cc -ldl
fi
if [ "$1" != all ]; then
    build "$1" "$target"
    exit
fi
for platform in linux-x86_64 linux-aarch64; do
    build $platform "$target/$platform/libdjlext_autograd.so"
done
build osx-aarch64 "$target/osx-aarch64/libdjlext_autograd.dylib"
build win-x86_64 "$target/win-x86_64/djlext_autograd.dll"
