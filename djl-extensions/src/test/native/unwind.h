/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */

// Tells the unwinder of Linux how to pass the functions of a dylib: Apple's compact encodings, written out as DWARF.

#ifndef DJLEXT_TEST_UNWIND_H
#define DJLEXT_TEST_UNWIND_H

#include "macho.h"

class Dwarf {
   public:
    Dwarf() : bytes_(static_cast<char *>(calloc(1, kSize))), end_(bytes_) {}

    void byte(int value) { *end_++ = static_cast<char>(value); }
    template <typename T>
    void value(T number) {
        memcpy(end_, &number, sizeof number);
        end_ += sizeof number;
    }
    void unsigned_number(uint32_t number) {
        for (; number > 127; number >>= 7) byte(static_cast<int>(number & 127) | 128);
        byte(static_cast<int>(number));
    }
    // A register is where the stack was, less that many words.
    void saved(int reg, int words) {
        byte(5), unsigned_number(reg), unsigned_number(words);  // DW_CFA_offset_extended
    }
    char *begin_record() {
        char *start = end_;
        end_ += 4;
        return start;
    }
    void end_record(char *start) {
        while ((end_ - start) % 8 != 4) byte(0);
        const auto length = static_cast<uint32_t>(end_ - start - 4);
        memcpy(start, &length, 4);
        if (end_ - bytes_ > kSize - 1024) unknown("so many functions", kSize);
    }
    // What functions have in common: with what handles their exceptions, or without.
    char *common(void *personality) {
        char *start = begin_record();
        value<uint32_t>(0), byte(1);
        const char *augmentation = personality == nullptr ? "zR" : "zPLR";
        for (const char *c = augmentation; *c != 0; c++) byte(*c);
        byte(0), byte(4), byte(0x78), byte(30);  // instructions of 4 bytes, words of -8, the return address
        byte(personality == nullptr ? 1 : 11);
        if (personality != nullptr) byte(0), value(personality), byte(0);
        byte(0);
        byte(0x0c), byte(31), byte(0);  // DW_CFA_def_cfa: the stack pointer
        end_record(start);
        return start;
    }
    void function(const char *common, const char *code, uint64_t length, const char *handlers, bool handled, uint32_t encoding) {
        char *start = begin_record();
        value(static_cast<uint32_t>(end_ - common)), value(code), value(length);
        byte(handled ? 8 : 0);
        if (handled) value(handlers);
        const uint32_t mode = encoding & 0x0f000000;
        if (mode == 0x04000000) {  // with a frame pointer
            byte(0x0c), byte(29), byte(16);
            saved(29, 2), saved(30, 1);
            int words = 3;
            for (int pair = 0; pair < 5; pair++) {
                if ((encoding & 1u << pair) == 0) continue;
                saved(19 + 2 * pair, words++), saved(20 + 2 * pair, words++);
            }
            for (int pair = 0; pair < 4; pair++) {
                if ((encoding & 0x100u << pair) == 0) continue;
                saved(72 + 2 * pair, words++), saved(73 + 2 * pair, words++);  // d8 and so on
            }
        } else if (mode == 0x02000000) {  // without
            byte(0x0e), unsigned_number(((encoding >> 12) & 0xfff) * 16);  // DW_CFA_def_cfa_offset
        } else {
            unknown("the unwinding", encoding);
        }
        end_record(start);
    }
    void finish() { __register_frame(bytes_); }

   private:
    static constexpr int kSize = 1 << 20;
    char *bytes_;
    char *end_;
};

inline void MachO::register_unwinding() {
    const char *info = nullptr;
    const char *segment;
    for (int n = 0; (segment = command(kSegment, n)) != nullptr; n++) {
        for (uint32_t i = 0; i < word(segment + 64); i++) {
            const char *section = segment + 72 + 80 * i;
            if (strncmp(section, "__unwind_info", 16) == 0) info = base_ + long_word(section + 32);
        }
    }
    if (info == nullptr) unknown("a file without unwinding", 0);
    const char *common = info + word(info + 4), *personality = info + word(info + 12), *index = info + word(info + 20);
    const uint32_t common_count = word(info + 8), pages = word(info + 24) - 1;  // the last marks the end
    struct Function {
        uint32_t start, encoding;
    };
    std::vector<Function> all;
    for (uint32_t i = 0; i < pages; i++) {
        const uint32_t first = word(index + 12 * i);
        const char *page = info + word(index + 12 * i + 4);
        const uint32_t entries = word(page + 4) & 0xffff, count = word(page + 4) >> 16, own = word(page + 8) & 0xffff;
        for (uint32_t k = 0; k < count; k++) {
            if (word(page) == 2) {
                all.push_back({word(page + entries + 8 * k), word(page + entries + 8 * k + 4)});
                continue;
            }
            const uint32_t entry = word(page + entries + 4 * k), number = entry >> 24;
            const char *encoding = number < common_count ? common + 4 * number : page + own + 4 * (number - common_count);
            all.push_back({first + (entry & 0xffffff), word(encoding)});
        }
    }
    all.push_back({word(index + 12 * pages), 0});
    const char *handlers = info + word(index + 8), *handlers_end = info + word(index + 12 * pages + 8);
    Dwarf dwarf;
    char *plain = dwarf.common(nullptr);
    char *handled = dwarf.common(*reinterpret_cast<void **>(base_ + word(personality)));
    for (size_t i = 0; i + 1 < all.size(); i++) {
        const uint32_t start = all[i].start, encoding = all[i].encoding;
        if (encoding == 0) continue;
        const bool has_personality = ((encoding >> 28) & 3) != 0;
        const char *table = nullptr;
        for (const char *at = handlers; at < handlers_end; at += 8) {
            if (word(at) == start) table = base_ + word(at + 4);
        }
        dwarf.function(has_personality ? handled : plain, base_ + start, all[i + 1].start - start, table, has_personality, encoding);
    }
    dwarf.finish();
}

#endif
