/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */

// Loads a small dylib for macOS on ARM into a process of Linux on ARM: segments, rebasing, binding, symbols, unwinding.
// There are no threads' own variables in it, and no chained fixups.

#ifndef DJLEXT_TEST_MACHO_H
#define DJLEXT_TEST_MACHO_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <vector>

// The address of what a dylib imports, by its name there.
void *import(const char *name);
extern "C" void __register_frame(void *);

[[noreturn]] inline void unknown(const char *what, unsigned long value) {
    printf("the loader does not know %s %#lx\n", what, value);
    exit(2);
}

class Reader {
   public:
    explicit Reader(const char *at) : at_(reinterpret_cast<const uint8_t *>(at)) {}
    const char *at() const { return reinterpret_cast<const char *>(at_); }
    uint8_t byte() { return *at_++; }
    uint64_t unsigned_number() {
        uint64_t value = 0;
        for (int shift = 0;; shift += 7) {
            const uint8_t next = byte();
            value |= uint64_t{next & 127u} << shift;
            if ((next & 128) == 0) return value;
        }
    }
    const char *text() {
        const char *start = at();
        at_ += strlen(start) + 1;
        return start;
    }

   private:
    const uint8_t *at_;
};

class MachO {
   public:
    explicit MachO(const char *path) {
        FILE *stream = fopen(path, "rb");
        if (stream == nullptr) printf("no %s\n", path), exit(2);
        for (int c; (c = getc(stream)) != EOF;) file_.push_back(static_cast<char>(c));
        fclose(stream);
        load_segments();
        rebase();
        bind(12, false);
        bind(20, false);  // weak
        bind(28, true);   // lazy
        __builtin___clear_cache(base_, base_ + size_);
        register_unwinding();
    }

    void *symbol(const char *name) const {
        const char *table = command(kSymbols);
        for (uint32_t i = 0; i < word(table + 12); i++) {
            const char *entry = file_.data() + word(table + 8) + 16 * i;
            const char *found = file_.data() + word(table + 16) + word(entry);
            const bool is_exported = (entry[4] & 0x0f) == 0x0f;
            if (is_exported && strcmp(found + 1, name) == 0) return base_ + long_word(entry + 8);
        }
        return nullptr;
    }

   private:
    static constexpr uint32_t kSymbols = 0x2, kSegment = 0x19, kDyldInfo = 0x80000022;

    static uint32_t word(const char *at) { return *reinterpret_cast<const uint32_t *>(at); }
    static uint64_t long_word(const char *at) { return *reinterpret_cast<const uint64_t *>(at); }

    // The n-th load command of a kind; null if there are fewer.
    const char *command(uint32_t kind, int n = 0) const {
        const char *at = file_.data() + 32;
        for (uint32_t i = 0; i < word(file_.data() + 16); i++, at += word(at + 4)) {
            if (word(at) == kind && n-- == 0) return at;
        }
        return nullptr;
    }

    void load_segments() {
        const char *segment;
        for (int n = 0; (segment = command(kSegment, n)) != nullptr; n++) {
            segments_.push_back(long_word(segment + 24));
            const uint64_t end = segments_.back() + long_word(segment + 32);
            if (end > size_) size_ = end;
        }
        base_ = static_cast<char *>(mmap(nullptr, size_, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
        for (int n = 0; (segment = command(kSegment, n)) != nullptr; n++) {
            memcpy(base_ + segments_[n], file_.data() + long_word(segment + 40), long_word(segment + 48));
        }
    }

    void rebase() {
        const char *info = command(kDyldInfo);
        if (info == nullptr) unknown("a file without", kDyldInfo);
        Reader code(file_.data() + word(info + 8));
        const char *end = code.at() + word(info + 12);
        uint64_t at = 0;
        while (code.at() < end) {
            const uint8_t next = code.byte(), operation = next & 0xf0, operand = next & 15;
            uint64_t times = 0, skip = 0;
            if (operation == 0x00) break;
            else if (operation == 0x10) continue;
            else if (operation == 0x20) at = segments_[operand] + code.unsigned_number();
            else if (operation == 0x30) at += code.unsigned_number();
            else if (operation == 0x40) at += operand * 8;
            else if (operation == 0x50) times = operand;
            else if (operation == 0x60) times = code.unsigned_number();
            else if (operation == 0x70) times = 1, skip = code.unsigned_number();
            else if (operation == 0x80) times = code.unsigned_number(), skip = code.unsigned_number();
            else unknown("the rebasing", operation);
            for (; times > 0; times--, at += 8 + skip) {
                *reinterpret_cast<char **>(base_ + at) += reinterpret_cast<uintptr_t>(base_);
            }
        }
    }

    void bind(int where, bool lazy) {
        const char *info = command(kDyldInfo) + where + 4;
        Reader code(file_.data() + word(info));
        const char *end = code.at() + word(info + 4);
        const char *name = "";
        uint64_t at = 0, addend = 0;
        while (code.at() < end) {
            const uint8_t next = code.byte(), operation = next & 0xf0, operand = next & 15;
            uint64_t times = 0, skip = 0;
            if (operation == 0x00) {
                if (!lazy) break;
            } else if (operation == 0x10 || operation == 0x30 || operation == 0x50) {
                continue;  // which library, and that it is a pointer
            } else if (operation == 0x20) code.unsigned_number();
            else if (operation == 0x40) name = code.text();
            else if (operation == 0x60) addend = code.unsigned_number();  // none is below zero
            else if (operation == 0x70) at = segments_[operand] + code.unsigned_number();
            else if (operation == 0x80) at += code.unsigned_number();
            else if (operation == 0x90) times = 1;
            else if (operation == 0xa0) times = 1, skip = code.unsigned_number();
            else if (operation == 0xb0) times = 1, skip = operand * 8;
            else if (operation == 0xc0) times = code.unsigned_number(), skip = code.unsigned_number();
            else unknown("the binding", operation);
            for (; times > 0; times--, at += 8 + skip) {
                *reinterpret_cast<char **>(base_ + at) = static_cast<char *>(import(name)) + addend;
            }
        }
    }

    void register_unwinding();

    std::vector<char> file_;
    std::vector<uint64_t> segments_;
    char *base_ = nullptr;
    uint64_t size_ = 0;
};

#endif
