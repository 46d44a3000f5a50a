/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */

// Types of the C++ library that cross the border to libtorch, in the layout of the library that libtorch was built
// with: libstdc++ on Linux, libc++ on macOS, that of Visual C++ on Windows.

#ifndef DJLEXT_STANDARD_H
#define DJLEXT_STANDARD_H

#include "platform.h"

template <typename T>
T&& moved(T& value) {
    return static_cast<T&&>(value);
}

template <typename T>
T exchange(T& place, T value) {
    T before = moved(place);
    place = moved(value);
    return before;
}

// std::vector, which is the same in all three.
template <typename T>
class Vector {
   public:
    Vector() = default;
    explicit Vector(size_t size, const T& value = T()) {
        reserve(size);
        for (size_t i = 0; i < size; i++) new (end_++) T(value);
    }
    Vector(Vector&& other) noexcept
        : begin_(exchange<T*>(other.begin_, nullptr)),
          end_(exchange<T*>(other.end_, nullptr)),
          limit_(exchange<T*>(other.limit_, nullptr)) {}
    Vector(const Vector&) = delete;
    Vector& operator=(const Vector&) = delete;
    ~Vector() {
        for (T* element = begin_; element != end_; element++) element->~T();
        release();
    }
    void push(T value) {
        if (end_ == limit_) reserve(2 * size() + 4);
        new (end_++) T(moved(value));
    }
    T pop() {
        T last = moved(end_[-1]);
        (--end_)->~T();
        return last;
    }
    T& operator[](size_t i) { return begin_[i]; }
    const T& operator[](size_t i) const { return begin_[i]; }
    T& back() { return end_[-1]; }
    T* data() { return begin_; }
    size_t size() const { return static_cast<size_t>(end_ - begin_); }
    T* begin() { return begin_; }
    T* end() { return end_; }
    const T* begin() const { return begin_; }
    const T* end() const { return end_; }

   private:
    void reserve(size_t capacity) {
        if (capacity == 0) return;
        T* larger = static_cast<T*>(allocate(capacity * sizeof(T)));
        T* to = larger;
        for (T* from = begin_; from != end_; from++) {
            new (to++) T(moved(*from));
            from->~T();
        }
        release();
        begin_ = larger;
        end_ = to;
        limit_ = larger + capacity;
    }
    void release() {
        if (begin_ != nullptr) deallocate(begin_, static_cast<size_t>(limit_ - begin_) * sizeof(T));
    }
    T* begin_ = nullptr;
    T* end_ = nullptr;
    T* limit_ = nullptr;
};

// std::string, always in the form of a long one, with its characters elsewhere: a short one differs more.
class String {
   public:
    String(const char* text = "") { assign(text, "", 0); }
    String(const char* text, const char* more) { assign(text, more, SIZE_MAX); }
    // The text up to that length.
    String(const char* text, size_t length) { assign("", text, length); }
    String(String&& other) noexcept : data_(exchange<char*>(other.data_, nullptr)) { layout(other.size_); }
    String(const String&) = delete;
    String& operator=(const String&) = delete;
    ~String() {
        if (data_ != nullptr && !is_moved_from()) deallocate(data_, capacity(size_) + 1);
    }
    const char* c_str() const { return data_; }

   private:
    // What takes a std::string of libstdc++ by value may leave it as a short one.
    bool is_moved_from() const { return data_ == reinterpret_cast<const char*>(this + 1) - 16; }
    // A string of less than 16 characters would be a short one of Visual C++.
    static size_t capacity(size_t size) { return size < 16 ? 16 : size; }
    static size_t length_of(const char* text, size_t most) {
        size_t length = 0;
        while (length < most && text[length] != 0) length++;
        return length;
    }
    void assign(const char* first, const char* second, size_t most) {
        const size_t before = length_of(first, SIZE_MAX);
        const size_t size = before + length_of(second, most);
        data_ = static_cast<char*>(allocate(capacity(size) + 1));
        for (size_t i = 0; i < size; i++) data_[i] = i < before ? first[i] : second[i - before];
        data_[size] = 0;
        layout(size);
    }
#if defined(__APPLE__)
    void layout(size_t size) {
        size_ = size;
        capacity_ = (capacity(size) + 1) | size_t{1} << 63;  // the highest bit marks a long one
    }
    char* data_;
    size_t size_;
    size_t capacity_;
#elif defined(_WIN32)
    void layout(size_t size) {
        size_ = size;
        capacity_ = capacity(size);
    }
    char* data_;
    [[maybe_unused]] void* unused_ = nullptr;
    size_t size_;
    size_t capacity_;
#else
    void layout(size_t size) {
        size_ = size;
        capacity_ = capacity(size);
    }
    char* data_;
    size_t size_;
    size_t capacity_;
    [[maybe_unused]] void* unused_ = nullptr;
#endif
};

// A std::string that libtorch returns, which may be a short one, with its characters inside.
class ReturnedString {
   public:
    ReturnedString(const ReturnedString&) = delete;
    ReturnedString& operator=(const ReturnedString&) = delete;
#if defined(__APPLE__)
    ~ReturnedString() {
        if (is_long()) deallocate(long_.data, long_.capacity & ~(size_t{1} << 63));
    }
    const char* c_str() const { return is_long() ? long_.data : short_; }

   private:
    bool is_long() const { return long_.capacity >> 63 != 0; }
    struct Long {
        char* data;
        size_t size;
        size_t capacity;
    };
    union {
        Long long_;
        char short_[sizeof(Long)];
    };
#elif defined(_WIN32)
    ~ReturnedString() {
        if (is_long()) deallocate(data_, capacity_ + 1);
    }
    const char* c_str() const { return is_long() ? data_ : short_; }

   private:
    bool is_long() const { return capacity_ >= sizeof short_; }
    union {
        char* data_;
        char short_[16];
    };
    [[maybe_unused]] size_t size_;
    size_t capacity_;
#else
    ~ReturnedString() {
        if (data_ != short_) deallocate(data_, capacity_ + 1);
    }
    const char* c_str() const { return data_; }

   private:
    char* data_;
    [[maybe_unused]] size_t size_;
    union {
        size_t capacity_;
        char short_[16];
    };
#endif
};

// std::optional of a plain value, which is the same in all three.
template <typename T>
struct Optional {
    T value = T();
    bool present = false;
    Optional() = default;
    Optional(T v) : value(v), present(true) {}
};

// A member function of some class, by its address. Where it returns an object, Windows passes the place for that
// after `this`, and before the arguments of a plain function.
struct Object {};
template <typename Result, typename... Arguments>
union Method {
    void* address[2];
    Result (Object::*function)(Arguments...);
    Result operator()(const void* self, Arguments... arguments) const {
        auto* object = static_cast<Object*>(const_cast<void*>(self));
        return (object->*function)(static_cast<Arguments>(arguments)...);
    }
};

// And the other way round: the address of one that is defined here.
template <typename Member>
void* address_of(Member member) {
    union {
        Member function;
        void* address;
    } either = {member};
    return either.address;
}

// std::function over a Target with a copy constructor and an operator(). The target is never in the function itself, so
// that a copy of the function's words moves it.
template <typename Signature, typename Target>
class Function;
template <typename Result, typename... Arguments, typename Target>
class Function<Result(Arguments...), Target> {
#if defined(_WIN32)
    // std::_Func_base, in the order of its table.
    struct Held final {
        Target target;
        explicit Held(const Target& t) : target(t) {}
        virtual Held* copy(void*) const { return new Held(target); }
        virtual Held* move(void*) noexcept { return nullptr; }  // of those in the function itself
        virtual Result call(Arguments&&... arguments) { return target(arguments...); }
        virtual const void* type() const noexcept { return nullptr; }
        virtual void drop(bool) noexcept { delete this; }
        virtual const void* get() const noexcept { return nullptr; }
    };
    [[maybe_unused]] void* unused_[7] = {};
    Held* held_;

   public:
    explicit Function(const Target& target) : held_(new Held(target)) {}
    // The called function destroys what it is given by value.
    ~Function() {
        if (held_ != nullptr) held_->drop(true);
    }
#elif defined(__APPLE__)
    // std::__1::__function::__base, in the order of its table; its destructor has two entries.
    struct Held final {
        Target target;
        explicit Held(const Target& t) : target(t) {}
        virtual void destructor() noexcept {}
        virtual void deleting_destructor() noexcept { delete this; }
        virtual Held* copy() const { return new Held(target); }
        virtual void copy_to(Held*) const {}  // this and the next of those in the function itself
        virtual void destroy() noexcept {}
        virtual void drop() noexcept { delete this; }
        virtual Result call(Arguments&&... arguments) { return target(arguments...); }
        virtual const void* get(const void*) const noexcept { return nullptr; }
        virtual const void* type() const noexcept { return nullptr; }
    };
    [[maybe_unused]] void* unused_[3] = {};
    Held* held_;

   public:
    explicit Function(const Target& target) : held_(new Held(target)) {}
    ~Function() {
        if (held_ != nullptr) held_->drop();
    }
#else
    Target* target_;
    [[maybe_unused]] void* unused_ = nullptr;
    bool (*manager_)(Target**, Target* const*, int);
    Result (*invoker_)(Target* const*, Arguments&&...);

    static bool manage(Target** to, Target* const* from, int operation) {
        if (operation == 0) *to = nullptr;  // its type
        if (operation == 1) *to = *from;    // where it is
        if (operation == 2) *to = new Target(**from);
        if (operation == 3) delete *to;
        return false;
    }
    static Result invoke(Target* const* target, Arguments&&... arguments) { return (**target)(arguments...); }

   public:
    explicit Function(const Target& target) : target_(new Target(target)), manager_(&manage), invoker_(&invoke) {}
    ~Function() {
        if (manager_ != nullptr) manager_(&target_, &target_, 3);
    }
#endif
    Function(const Function&) = delete;
    Function& operator=(const Function&) = delete;
};

#endif
