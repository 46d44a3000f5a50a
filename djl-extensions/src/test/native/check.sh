#!/bin/sh
# Runs the driver with the native library of each platform: check.sh FOLDER PLATFORM...
# FOLDER has the jars of libtorch for the platforms and of DJL's JNI library, unpacked; the Maven profile native-check
# puts them there. On Linux on x86: linux-x86_64 runs as it is, linux-aarch64 in qemu, win-x86_64 in Wine 8, and
# osx-aarch64 in qemu with a loader of ours and the libtorch of Linux. The symbols are held against the platform's own
# libtorch each time. It needs gcc, and for the others clang-19, lld-19, llvm-19, qemu-user-static, wine64,
# gcc-mingw-w64-x86-64, g++-aarch64-linux-gnu and libc++-19-dev.
set -eu
folder=$(readlink -f "$1")
shift
cd "$(dirname "$0")"
include=${JAVA_HOME:-$(dirname "$(dirname "$(readlink -f "$(command -v javac)")")")}/include
flags="-O1 -Wall -Werror -I../../main/native/jni -I$include"
work=$folder/work
mkdir -p "$work"
export OMP_NUM_THREADS=1

library() { echo ../../main/resources/native/"$1"/*djlext_autograd*; }

# libtorch of a platform, and DJL's library for it.
torch() { echo "$folder/$1/pytorch/cpu/$1"; }
jni() { echo "$folder"/jni/jnilib/"$1"/cpu/*djl_torch*; }

exports() { # exports PLATFORM: all names that its libtorch exports
    case $1 in
        linux-*)
            llvm-nm-19 -D --defined-only "$(torch "$1")"/libc10.so "$(torch "$1")"/libtorch_cpu.so |
                awk '{ print $3 }'
            ;;
        osx-*)
            llvm-nm-19 --extern-only --defined-only "$(torch "$1")"/libc10.dylib "$(torch "$1")"/libtorch_cpu.dylib |
                awk '{ print substr($3, 2) }'
            ;;
        win-*)
            for dll in c10 torch_cpu; do
                llvm-objdump-19 -p "$(torch "$1")"/$dll.dll | awk '/^ *[0-9]+ +0x/ { print $NF }'
            done
            ;;
    esac
}

check_symbols() { # check_symbols PLATFORM
    : > "$work/log"
    llvm-strings-19 -n 8 "$(library "$1")" | grep -E '^_ZNK?(2at|3c10|5torch)|^\?.*@(at|c10|torch)@@' | grep -v cuda |
        sort -u > "$work/wanted"
    exports "$1" | sort -u > "$work/exported"
    missing=$(comm -23 "$work/wanted" "$work/exported")
    count=$(wc -l < "$work/wanted")
    if [ -n "$missing" ] || [ "$count" -lt 30 ]; then
        echo "$1: of $count symbols libtorch does not export: $missing"
        exit 1
    fi
    echo "$1: libtorch exports all $count symbols"
}

# The system's libraries for Linux on ARM, and headers of C for libcxx.cc, from Debian's packages.
arm_root() {
    root=$work/arm
    [ -e "$root/usr/include" ] && return
    lists=$work/apt
    mkdir -p "$root" "$lists/lists/partial" "$lists/archives/partial"
    (
        cd "$lists"
        options="-o APT::Architecture=arm64 -o APT::Architectures=arm64 -o Dir::State::lists=$lists/lists"
        options="$options -o Dir::Cache=$lists -o APT::Sandbox::User=root"
        # shellcheck disable=SC2086
        apt-get $options update -qq && apt-get $options download -qq libc6 libgcc-s1 libstdc++6 zlib1g musl-dev
        for package in ./*.deb; do dpkg-deb -x "$package" "$root"; done
    )
}

arm() { # arm PROGRAM PLATFORM: runs it over the libtorch of Linux on ARM
    qemu-aarch64-static -L "$root" -E LD_LIBRARY_PATH="$(torch linux-aarch64)" "$1" "$(torch linux-aarch64)" \
        "$(jni linux-aarch64)" "$(library "$2")"
}

# shellcheck disable=SC2086
check() { # check PLATFORM
    case $1 in
        linux-x86_64)
            gcc $flags -o "$work/driver" driver.c -ldl
            LD_LIBRARY_PATH=$(torch "$1") "$work/driver" "$(torch "$1")" "$(jni "$1")" "$(library "$1")"
            ;;
        linux-aarch64)
            arm_root
            aarch64-linux-gnu-gcc $flags -o "$work/driver-arm" driver.c -ldl
            arm "$work/driver-arm" "$1"
            ;;
        osx-aarch64)
            arm_root
            clang++-19 --target=arm64-apple-macos11 -std=c++17 -O2 -D_GNU_SOURCE -nostdinc++ -nostdlibinc \
                -isystem /usr/lib/llvm-19/include/c++/v1 -isystem "$root/usr/include/aarch64-linux-musl" \
                -Wno-return-type-c-linkage -fno-stack-protector -c -o "$work/libcxx.o" libcxx.cc
            ld64.lld-19 -dylib -arch arm64 -platform_version macos 11.0 11.0 -undefined dynamic_lookup \
                -o "$work/libcxx.dylib" "$work/libcxx.o"
            aarch64-linux-gnu-gcc $flags -DMACHO -c -o "$work/driver-macos.o" driver.c
            aarch64-linux-gnu-g++ $flags -rdynamic -o "$work/driver-macos" macos.cc "$work/driver-macos.o" -ldl
            LIBCXX=$work/libcxx.dylib arm "$work/driver-macos" "$1"
            ;;
        win-x86_64)
            # The OpenMP of Intel asks for a function that Wine 8 lacks; its stubs have one thread.
            cp "$(torch "$1")/libiompstubs5md.dll" "$(torch "$1")/libiomp5md.dll"
            x86_64-w64-mingw32-gcc $flags -o "$work/driver.exe" driver.c
            WINEPREFIX=$work/wine WINEDEBUG=-all /usr/lib/wine/wine64 "$work/driver.exe" "Z:$(torch "$1")" \
                "Z:$(jni "$1")" "Z:$(readlink -f "$(library "$1")")"
            ;;
    esac
}

# (A function whose failure is looked at goes on after one of its commands has failed.)
trap '[ $? = 0 ] || { cat "$work/log"; echo "$platform: failed"; }' EXIT
for platform; do
    # DJL has some of libtorch's files compressed.
    find "$folder" -name '*.gz' -exec gunzip -f {} +
    check_symbols "$platform"
    check "$platform" > "$work/log" 2>&1
    grep -E '^ +gradient' "$work/log"
    echo "$platform: $(tail -1 "$work/log")"
done
