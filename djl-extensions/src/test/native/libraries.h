/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */

// Loads libraries on each platform, and mends two faults of Wine 8 that libtorch meets, so that the check goes on.

#ifndef DJLEXT_TEST_LIBRARIES_H
#define DJLEXT_TEST_LIBRARIES_H

#include <stdio.h>
#include <stdlib.h>

#if defined(_WIN32)
#include <windows.h>
#define FILE_OF(name) name ".dll"
static void *load(const char *file) {
    void *library = LoadLibraryA(file);
    if (library == NULL) printf("cannot load %s: error %lu\n", file, GetLastError()), exit(2);
    return library;
}
static void *find(void *library, const char *name) { return (void *)GetProcAddress(library, name); }
#else
#include <dlfcn.h>
#define FILE_OF(name) "lib" name ".so"
static void *load(const char *file) {
    void *library = dlopen(file, RTLD_LAZY | RTLD_GLOBAL);
    if (library == NULL) printf("cannot load %s\n", dlerror()), exit(2);
    return library;
}
static void *find(void *library, const char *name) { return dlsym(library, name); }
#endif

#if defined(MACHO)
// The library that is checked is one of macOS.
void *macho_open(const char *file);
void *macho_find(void *library, const char *name);
size_t macho_name_of_node(const void *tensor, char *text);
#else
#define macho_open load
#define macho_find find
#endif

// A function that somebody renamed would be null, and calling it a crash that names nothing.
static void *named(const char *name, void *function) {
    if (function == NULL) printf("no function is exported as %s\n", name), exit(2);
    return function;
}
#define FIND(lookup, library, name) named(name, lookup(library, name))

static int kept_exceptions;

#if defined(_WIN32)
// Fault 1: the object of an exception that is thrown again from a std::exception_ptr is freed before it is caught.
// One reference more, never given back, keeps it.
static void (*wine_rethrow)(const void *);
static void (*wine_copy)(void *, const void *);
static void rethrow_and_keep(const void *pointer) {
    kept_exceptions++;
    wine_copy(calloc(2, sizeof(void *)), pointer);
    wine_rethrow(pointer);
}

// Fault 2: while an exception unwinds to a frame of __CxxFrameHandler3, such as ours, frames of __CxxFrameHandler4,
// such as libtorch's, do not know the record and run no destructors. Here they are shown one that they know.
static EXCEPTION_DISPOSITION (*wine_handler4)(EXCEPTION_RECORD *, void *, CONTEXT *, void *);
static EXCEPTION_DISPOSITION handler4(EXCEPTION_RECORD *record, void *frame, CONTEXT *context, void *dispatch) {
    const DWORD consolidate = 0x80000029, thrown = 0xe06d7363, unwinding = 2;
    EXCEPTION_RECORD known = *record;
    if (record->ExceptionCode == consolidate && record->NumberParameters == 8 && record->ExceptionFlags & unwinding) {
        known.ExceptionCode = thrown;
        record = &known;
    }
    return wine_handler4(record, frame, context, dispatch);
}

static void replace_import(HMODULE module, const char *name, void *with) {
    char *base = (char *)module;
    IMAGE_NT_HEADERS *headers = (void *)(base + ((IMAGE_DOS_HEADER *)base)->e_lfanew);
    IMAGE_IMPORT_DESCRIPTOR *from = (void *)(base + headers->OptionalHeader.DataDirectory[1].VirtualAddress);
    for (; from->Name != 0; from++) {
        IMAGE_THUNK_DATA *named = (void *)(base + from->OriginalFirstThunk);
        IMAGE_THUNK_DATA *bound = (void *)(base + from->FirstThunk);
        for (; named->u1.AddressOfData != 0; named++, bound++) {
            if (named->u1.Ordinal >> 63) continue;
            if (strcmp(((IMAGE_IMPORT_BY_NAME *)(base + named->u1.AddressOfData))->Name, name) != 0) continue;
            DWORD before;
            VirtualProtect(bound, sizeof *bound, PAGE_READWRITE, &before);
            bound->u1.Function = (ULONGLONG)with;
            VirtualProtect(bound, sizeof *bound, before, &before);
        }
    }
}

static void mend_wine(void) {
    if (find(GetModuleHandleA("ntdll.dll"), "wine_get_version") == NULL) return;
    HMODULE standard = GetModuleHandleA("msvcp140.dll");
    wine_rethrow = find(standard, "?__ExceptionPtrRethrow@@YAXPEBX@Z");
    wine_copy = find(standard, "?__ExceptionPtrCopy@@YAXPEAXPEBX@Z");
    wine_handler4 = find(GetModuleHandleA("vcruntime140_1.dll"), "__CxxFrameHandler4");
    replace_import(GetModuleHandleA("torch_cpu.dll"), "?__ExceptionPtrRethrow@@YAXPEBX@Z", &rethrow_and_keep);
    replace_import(GetModuleHandleA("torch_cpu.dll"), "__CxxFrameHandler4", &handler4);
    replace_import(GetModuleHandleA("c10.dll"), "__CxxFrameHandler4", &handler4);
}
#endif

static void load_libtorch(const char *folder) {
    static const char *const names[] = {
#if defined(_WIN32)
        FILE_OF("libiomp5md"), FILE_OF("asmjit"), FILE_OF("fbgemm"), FILE_OF("uv"),
#endif
        FILE_OF("c10"), FILE_OF("torch_cpu"), FILE_OF("torch")};
#if defined(_WIN32)
    SetDllDirectoryA(folder);
#endif
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char file[1024];
        snprintf(file, sizeof file, "%s/%s", folder, names[i]);
        load(file);
    }
#if defined(_WIN32)
    mend_wine();
#endif
}

#endif
