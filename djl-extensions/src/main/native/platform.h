/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */

// The system under the library, declared by hand: memory, atomics, threads, loaded libraries and the root of all
// exceptions. No header of a system or of a C++ library is needed, so clang alone builds for every platform.

#ifndef DJLEXT_PLATFORM_H
#define DJLEXT_PLATFORM_H

#include <jni.h>
#include <stddef.h>
#include <stdint.h>

// ---- exceptions

namespace std {
#if defined(_WIN32)
// Visual C++ has all of its exceptions in headers and static libraries, so the class is defined here.
class exception {
   public:
    exception() noexcept {}
    exception(const exception&) noexcept {}
    exception& operator=(const exception&) = delete;
    virtual ~exception() noexcept {}
    virtual const char* what() const noexcept { return "out of memory"; }

   private:
    [[maybe_unused]] const char* text_ = nullptr;
    [[maybe_unused]] bool owns_text_ = false;
};
#else
// libstdc++ and libc++ have it in their shared libraries.
class exception {
   public:
    exception() noexcept {}
    exception(const exception&) noexcept {}
    exception& operator=(const exception&) = delete;
    virtual ~exception() noexcept;
    virtual const char* what() const noexcept;
};
#endif
}  // namespace std

#if defined(_WIN32)
// Stands for the table of std::type_info, which the description of each thrown type begins with. Nobody calls it.
extern "C" const void* const type_info_table[2] __asm__("??_7type_info@@6B@");
extern "C" const void* const type_info_table[2] = {};
#endif

// ---- memory

inline void* operator new(size_t, void* place) noexcept { return place; }

#if defined(_WIN32)
extern "C" __declspec(dllimport) void* malloc(size_t);
extern "C" __declspec(dllimport) void free(void*);
// As in DJL and libtorch, which share the C runtime: what is made here may be deleted there.
void* operator new(size_t size) {
    void* memory = malloc(size);
    if (memory == nullptr) throw std::exception();
    return memory;
}
void operator delete(void* memory) noexcept { free(memory); }
void operator delete(void* memory, size_t) noexcept { free(memory); }
#endif

// The memory of a container of the C++ library, which may be made on one side and freed on the other.
inline void* allocate(size_t bytes) {
#if defined(_WIN32)
    // Visual C++ aligns large blocks to 32 bytes and keeps their real address in the word before.
    if (bytes >= 4096) {
        char* memory = static_cast<char*>(::operator new(bytes + 39));
        void** aligned = reinterpret_cast<void**>(reinterpret_cast<uintptr_t>(memory + 39) & ~uintptr_t{31});
        aligned[-1] = memory;
        return aligned;
    }
#endif
    return ::operator new(bytes);
}

inline void deallocate(void* memory, size_t bytes) {
#if defined(_WIN32)
    if (bytes >= 4096) memory = static_cast<void**>(memory)[-1];
#endif
    (void)bytes;
    ::operator delete(memory);
}

// ---- threads

template <typename T>
class Atomic {
   public:
    constexpr explicit Atomic(T value) : value_(value) {}
    Atomic(const Atomic&) = delete;
    Atomic& operator=(const Atomic&) = delete;
    operator T() const { return __atomic_load_n(&value_, __ATOMIC_SEQ_CST); }
    void set(T value) { __atomic_store_n(&value_, value, __ATOMIC_SEQ_CST); }
    // Returns what it was.
    T add(T change) { return __atomic_fetch_add(&value_, change, __ATOMIC_SEQ_CST); }

   private:
    T value_;
};

#if defined(_WIN32)
extern "C" __declspec(dllimport) unsigned long GetCurrentThreadId(void);
inline uintptr_t current_thread() { return GetCurrentThreadId(); }
#else
extern "C" void* pthread_self(void);
inline uintptr_t current_thread() { return reinterpret_cast<uintptr_t>(pthread_self()); }
#endif

// ---- libraries that are loaded

#if defined(_WIN32)
extern "C" {
__declspec(dllimport) void* GetProcAddress(void*, const char*);
__declspec(dllimport) int K32EnumProcessModules(void* process, void** modules, unsigned long size, unsigned long* needed);
__declspec(dllimport) int GetModuleHandleExA(unsigned long flags, const char* address, void** module);
__declspec(dllimport) unsigned long K32GetModuleBaseNameA(void* process, void* module, char* name, unsigned long size);
}
#define LIBRARY(name) name ".dll"
#else
extern "C" void* dlopen(const char*, int);
extern "C" void* dlsym(void*, const char*);
struct SymbolInfo {
    const char* file;
    void* base;
    const char* name;
    void* address;
};
extern "C" int dladdr(const void*, SymbolInfo*);
#if defined(__APPLE__)
extern "C" uint32_t _dyld_image_count(void);
extern "C" const char* _dyld_get_image_name(uint32_t);
#define LIBRARY(name) "lib" name ".dylib"
#else
#define LIBRARY(name) "lib" name ".so"
#endif
#endif

// Whether a path ends in a name. DJL puts its version before the name of its own library: 0.36.0-djl_torch.dll.
inline bool is_library(const char* path, const char* name) {
    size_t length = 0;
    size_t end = 0;
    while (name[length] != 0) length++;
    while (path[end] != 0) end++;
    if (end < length) return false;
    const char* tail = path + end - length;
    for (size_t i = 0; i < length; i++) {
        if (tail[i] != name[i]) return false;
    }
    return end == length || tail[-1] == '/' || tail[-1] == '\\' || tail[-1] == '-';
}

// A library that the process has loaded; null if it has not.
inline void* loaded_library(const char* name) {
#if defined(_WIN32)
    void* const process = reinterpret_cast<void*>(intptr_t{-1});
    constexpr unsigned long kMost = 4096;
    void** modules = static_cast<void**>(::operator new(kMost * sizeof(void*)));
    unsigned long bytes = 0;
    if (!K32EnumProcessModules(process, modules, kMost * sizeof(void*), &bytes)) bytes = 0;
    void* found = nullptr;
    for (unsigned long i = 0; i < bytes / sizeof(void*) && i < kMost && found == nullptr; i++) {
        char file[260] = {};
        K32GetModuleBaseNameA(process, modules[i], file, sizeof file);
        if (is_library(file, name)) found = modules[i];
    }
    ::operator delete(modules);
    return found;
#elif defined(__APPLE__)
    // Here dlopen knows a loaded library by its whole path alone.
    for (uint32_t i = 0; i < _dyld_image_count(); i++) {
        const char* path = _dyld_get_image_name(i);
        if (path != nullptr && is_library(path, name)) return dlopen(path, 0x1 | 0x10);  // RTLD_LAZY | RTLD_NOLOAD
    }
    return nullptr;
#else
    // Here it knows one by the name inside it, whatever the file is called.
    return dlopen(name, 0x1 | 0x4);  // RTLD_LAZY | RTLD_NOLOAD
#endif
}

inline void* symbol(void* library, const char* name) {
#if defined(_WIN32)
    return GetProcAddress(library, name);
#else
    return dlsym(library, name);
#endif
}

// Keeps the library that has an address in memory for as long as the process lives.
inline void keep_loaded(const void* address) {
#if defined(_WIN32)
    void* module = nullptr;
    GetModuleHandleExA(0x4 | 0x1, static_cast<const char*>(address), &module);  // by address, and pinned
#else
    SymbolInfo info = {};
#if defined(__APPLE__)
    constexpr int kKeep = 0x1 | 0x10 | 0x80;  // RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE
#else
    constexpr int kKeep = 0x1 | 0x4 | 0x1000;
#endif
    if (dladdr(address, &info) != 0) dlopen(info.file, kKeep);
#endif
}

#endif
