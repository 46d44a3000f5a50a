/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */

// What DJL's own JNI layer leaves out and a custom operation needs: a node in the engine's graph whose
// backward is a Java method, requires_grad of an intermediate, and tensors that share storage.
//
// It includes no libtorch header and links nothing of libtorch. Functions are looked up by their
// mangled names in the libraries that DJL has loaded, and at::Tensor is stood in for by a class of the
// same size and calling convention. So it builds in seconds with g++ alone, and runs with every
// libtorch that exports these symbols (2.7.1 is the one it is tested with).

#include <dlfcn.h>
#include <jni.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#if defined(__x86_64__)
// The dl functions moved into libc with glibc 2.34; the old names let older systems load the library.
__asm__(".symver dlopen,dlopen@GLIBC_2.2.5");
__asm__(".symver dlsym,dlsym@GLIBC_2.2.5");
#endif

namespace {

// Stands in for at::Tensor and at::TensorBase: one pointer, to the c10::TensorImpl. Copy and destructor
// are not trivial, so the compiler passes and returns it by address, as it does the original. They
// count no references: who owns a tensor is said by Owned below, or is the engine.
struct Tensor {
    void* impl;
    explicit Tensor(void* i) : impl(i) {}
    Tensor(const Tensor& other) : impl(other.impl) {}
    ~Tensor() {}
};

// Stands in for c10::SymInt, which holds a plain size as it is, and is passed as Tensor is.
struct SymInt {
    int64_t value;
    SymInt(const SymInt& other) : value(other.value) {}
    ~SymInt() {}
};

using Hook = std::function<Tensor(const Tensor&)>;

// Every native function that is called here; find_functions says which symbol each one is.
struct Functions {
    unsigned (*register_hook)(const Tensor*, Hook);
    Tensor (*alias)(const Tensor&);
    Tensor (*clone)(const Tensor&, std::optional<int8_t> memory_format);
    // Sizes and strides are arrays of c10::SymInt.
    Tensor (*as_strided)(const Tensor&, const int64_t* sizes, size_t dimensions, const int64_t* strides,
                         size_t as_many, std::optional<SymInt> offset);
    Tensor (*sum)(const Tensor&, std::optional<int8_t> type);
    Tensor (*concat)(const Tensor* tensors, size_t count, int64_t dim);
    Tensor& (*scatter_)(Tensor&, int64_t dim, const Tensor& index, const Tensor& source);
    Tensor (*type_as)(const Tensor&, const Tensor&);
    Tensor (*unsafe_view)(const Tensor&, const int64_t* sizes, size_t dimensions);
    const void* const& (*version_counter)(const Tensor&);
    void (*set_version_counter)(const Tensor&, const void* const& counter);
    Tensor (*variable_data)(const Tensor*);
    void (*retain_grad)(const Tensor*);
    int64_t (*version)(const Tensor*);
    bool (*requires_grad)(const void* impl);
    std::vector<Tensor> (*grad)(const std::vector<Tensor>& outputs, const std::vector<Tensor>& inputs,
                                const std::vector<Tensor>& grad_outputs, std::optional<bool> retain,
                                bool create_graph, bool allow_unused);
    // at::Generator is a counted pointer, like at::Tensor; the default ones live as long as the process.
    const Tensor& (*cpu_generator)();
    const Tensor& (*cuda_generator)(int8_t device);  // null without CUDA
    Tensor (*get_state)(const Tensor* generator);
    void (*set_state)(const Tensor* generator, const Tensor& state);
    bool* anomaly_enabled;
    bool* anomaly_check_nan;
    int (*graph_task_id)();
    bool (*keep_graph)();
    void* undefined;  // the TensorImpl of the undefined tensor
    void (*delete_handle)(JNIEnv*, jobject, jlong);
};

Functions torch;
JavaVM* vm;
jclass hooks_class;
jmethodID on_gradient;
jmethodID on_release;

// Runs body and turns a C++ exception into a Java one: nothing may cross a JNI frame.
template <typename Body>
auto guarded(JNIEnv* env, Body body) -> decltype(body()) {
    std::string message = "unknown native exception";
    try {
        return body();
    } catch (const std::exception& e) {
        message = e.what();
    } catch (...) {
    }
    jclass type = env->FindClass("ai/djl/engine/EngineException");
    if (type != nullptr) env->ThrowNew(type, message.c_str());
    return decltype(body())();
}

// The JNIEnv of the calling thread. The engine runs the backward of a GPU graph, and may free a graph,
// on a thread of its own; that one is attached as a daemon, so that it does not keep the JVM alive.
JNIEnv* attached_env() {
    JNIEnv* env = nullptr;
    if (vm->GetEnv(reinterpret_cast<void**>(&env), JNI_VERSION_1_8) == JNI_OK) return env;
    JavaVMAttachArgs args{JNI_VERSION_1_8, const_cast<char*>("libtorch-autograd"), nullptr};
    if (vm->AttachCurrentThreadAsDaemon(reinterpret_cast<void**>(&env), &args) == JNI_OK) return env;
    return nullptr;
}

// A tensor of our own, in the form that DJL knows: a torch::Tensor on the heap, whose memory comes from
// the operator new that DJL's delete gives it back to. release() hands it to Java.
class Owned {
   public:
    template <typename F, typename... Args>
    static Owned from(F function, Args&&... args) {
        void* memory = ::operator new(sizeof(Tensor));
        try {
            // The result is constructed in place, so its reference is counted once.
            return Owned(new (memory) Tensor(function(std::forward<Args>(args)...)));
        } catch (...) {
            ::operator delete(memory);
            throw;
        }
    }
    Owned(Owned&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    Owned& operator=(Owned&& other) noexcept {
        std::swap(handle_, other.handle_);
        return *this;
    }
    ~Owned() {
        if (handle_ == nullptr) return;
        JNIEnv* env = attached_env();
        if (env != nullptr) torch.delete_handle(env, nullptr, reinterpret_cast<jlong>(handle_));
    }
    Tensor& operator*() const { return *handle_; }
    jlong release() { return reinterpret_cast<jlong>(std::exchange(handle_, nullptr)); }

   private:
    explicit Owned(Tensor* handle) : handle_(handle) {}
    Tensor* handle_;
};

// Takes the pending Java exception and returns its message.
std::string take_exception(JNIEnv* env) {
    jthrowable thrown = env->ExceptionOccurred();
    env->ExceptionClear();
    std::string text = "an exception in a gradient hook";
    jclass type = env->FindClass("java/lang/Throwable");
    jmethodID get_message = env->GetMethodID(type, "getMessage", "()Ljava/lang/String;");
    auto message = static_cast<jstring>(env->CallObjectMethod(thrown, get_message));
    if (env->ExceptionCheck()) {
        env->ExceptionClear();
    } else if (message != nullptr) {
        const char* chars = env->GetStringUTFChars(message, nullptr);
        if (chars != nullptr) {
            text = chars;
            env->ReleaseStringUTFChars(message, chars);
        }
    }
    env->DeleteLocalRef(message);
    env->DeleteLocalRef(type);
    env->DeleteLocalRef(thrown);
    return text;
}

// The Java side of a node, by its id. All hooks of the node share it; when the engine drops the last
// of them, with the graph, Java is told to drop what it keeps.
struct Registration {
    const jlong id;
    const jint outputs;
    std::atomic<int> hooks{0};
    Registration(jlong i, jint count) : id(i), outputs(count) {}
    ~Registration() {
        JNIEnv* env = attached_env();
        if (env == nullptr) return;
        // A graph may be freed while an exception is on its way; it has to survive this call.
        jthrowable pending = env->ExceptionOccurred();
        if (pending != nullptr) env->ExceptionClear();
        env->CallStaticVoidMethod(hooks_class, on_release, id);
        if (env->ExceptionCheck()) env->ExceptionClear();
        if (pending != nullptr) {
            env->Throw(pending);
            env->DeleteLocalRef(pending);
        }
    }
};

// The functor that the engine keeps. (std::shared_ptr would do, but asks for glibc 2.32.)
class GradientHook {
   public:
    GradientHook(Registration* registration, jint index) : registration_(registration), index_(index) {
        registration_->hooks++;
    }
    GradientHook(const GradientHook& other) : GradientHook(other.registration_, other.index_) {}
    GradientHook& operator=(const GradientHook&) = delete;
    ~GradientHook() {
        if (--registration_->hooks == 0) delete registration_;
    }

    Tensor operator()(const Tensor& grad) const {
        JNIEnv* env = attached_env();
        if (env == nullptr) throw std::runtime_error("the engine's thread cannot be attached to the JVM");
        // Of an input's gradient, Java needs to know only whether there is one.
        jlong gradient = grad.impl == torch.undefined      ? 0
                         : index_ >= registration_->outputs ? 1
                                                            : Owned::from(torch.alias, grad).release();
        jlong result = env->CallStaticLongMethod(
            hooks_class, on_gradient, registration_->id, index_, gradient,
            static_cast<jint>(torch.graph_task_id()), static_cast<jboolean>(torch.keep_graph()));
        // A C++ exception is how a hook fails in this engine: backward stops, and DJL makes a Java
        // exception of it again. The Java exception itself cannot cross the engine's frames.
        if (env->ExceptionCheck()) throw std::runtime_error(take_exception(env));
        // The undefined tensor means: keep the gradient that is there.
        if (result == 0) return Tensor(torch.undefined);
        // Java made the handle for this; its reference moves to the engine.
        auto* handle = reinterpret_cast<Tensor*>(result);
        void* impl = handle->impl;
        ::operator delete(handle);
        return Tensor(impl);
    }

   private:
    Registration* registration_;
    jint index_;
};

Tensor& tensor(jlong handle) { return *reinterpret_cast<Tensor*>(handle); }

Owned variable_data(const Tensor& source) { return Owned::from(torch.variable_data, &source); }

Owned clone(const Tensor& source) {
    return Owned::from(torch.clone, source, std::optional<int8_t>());
}

// How many tensors refer to a tensor's storage. This is the one place that knows a layout of libtorch:
// a counted object is a vtable and a count of 32 bits, and the first member of a TensorImpl is the
// pointer to its StorageImpl. probe_storage_count finds out whether that is so.
uint32_t storage_count(const Tensor& source) {
    auto* storage = reinterpret_cast<char**>(source.impl)[2];
    return reinterpret_cast<std::atomic<uint32_t>*>(storage + sizeof(void*))->load();
}

bool storage_count_works;

// Takes a plain tensor through one, two and one references to its storage.
void probe_storage_count(const Tensor& plain) {
    Owned single = clone(plain);
    bool works = storage_count(*single) == 1;
    if (works) {
        Owned second = variable_data(*single);
        works = storage_count(*single) == 2 && storage_count(*second) == 2;
    }
    storage_count_works = works && storage_count(*single) == 1;
}

std::vector<jlong> elements(JNIEnv* env, jlongArray array) {
    std::vector<jlong> values(env->GetArrayLength(array));
    env->GetLongArrayRegion(array, 0, static_cast<jsize>(values.size()), values.data());
    return values;
}

std::vector<jboolean> flags(JNIEnv* env, jbooleanArray array) {
    std::vector<jboolean> values(env->GetArrayLength(array));
    env->GetBooleanArrayRegion(array, 0, static_cast<jsize>(values.size()), values.data());
    return values;
}

// Tensors in a vector, without a reference of its own: for arguments that are alive in Java.
std::vector<Tensor> borrowed(JNIEnv* env, jlongArray handles) {
    std::vector<Tensor> tensors;
    for (jlong handle : elements(env, handles)) tensors.push_back(tensor(handle));
    return tensors;
}

// The generator of a device: -1 for the CPU, else the number of the GPU.
const Tensor& generator(jint device) {
    if (device < 0) return torch.cpu_generator();
    if (torch.cuda_generator == nullptr) throw std::runtime_error("the engine has no CUDA generator");
    return torch.cuda_generator(static_cast<int8_t>(device));
}

// Nothing of a tensor, which depends on it: shape (0). What the tensor gets from it in backward is as many
// zeros as it has elements, written out. With a sum between, it is a single zero, seen in the tensor's
// shape. The sum has to read the tensor, which costs less than the zeros if it is large.
Owned nothing_of(const Tensor& source, bool large) {
    if (large) return nothing_of(*Owned::from(torch.sum, source, std::optional<int8_t>()), false);
    const int64_t size = 0;
    const int64_t stride = 1;
    return Owned::from(torch.as_strided, source, &size, size_t{1}, &stride, size_t{1},
                       std::optional<SymInt>());
}

// A new tensor over the storage of value that the engine believes to depend on nothing, a tensor of shape (0).
Owned tied(const Tensor& value, const Tensor& no_indices, const Tensor& nothing) {
    // Not value itself: value may be saved for backward, which would make a cycle that nothing frees,
    // or it may be an input.
    Owned output = variable_data(value);
    try {
        // No element is written. Without indices, the shapes need not match.
        torch.scatter_(*output, 0, no_indices, nothing);
    } catch (const std::exception& e) {
        // Several elements in one place, as after a broadcast: in-place operations need a copy.
        if (std::string(e.what()).find("single memory location") == std::string::npos) throw;
        output = clone(value);
        torch.scatter_(*output, 0, no_indices, nothing);
        return output;
    }
    // Nothing was written, so the counter of value need not move. From here on they share it: a later
    // change of the output in place is one of everything that shares its storage.
    torch.set_version_counter(*output, torch.version_counter(value));
    return output;
}

template <typename F>
void find(void* library, const char* name, F& function) {
    function = reinterpret_cast<F>(dlsym(library, name));
    if (function == nullptr) throw std::runtime_error(std::string("libtorch does not export ") + name);
}

void* open_loaded(const char* name) {
    void* library = dlopen(name, RTLD_LAZY | RTLD_NOLOAD);
    if (library == nullptr) throw std::runtime_error(std::string(name) + " is not loaded");
    return library;
}

void find_functions() {
    void* djl = open_loaded("libdjl_torch.so");
    void* cpu = open_loaded("libtorch_cpu.so");
    void* c10 = open_loaded("libc10.so");
    find(djl, "Java_ai_djl_pytorch_jni_PyTorchLibrary_torchDeleteTensor", torch.delete_handle);
    find(cpu, "_ZNK2at10TensorBase14_register_hookESt8functionIFS0_RKS0_EE", torch.register_hook);
    find(cpu, "_ZN2at4_ops5alias4callERKNS_6TensorE", torch.alias);
    find(cpu, "_ZN2at4_ops5clone4callERKNS_6TensorESt8optionalIN3c1012MemoryFormatEE", torch.clone);
    find(cpu,
         "_ZN2at4_ops10as_strided4callERKNS_6TensorEN3c108ArrayRefINS5_6SymIntEEES8_St8optionalIS7_E",
         torch.as_strided);
    find(cpu, "_ZN2at4_ops3sum4callERKNS_6TensorESt8optionalIN3c1010ScalarTypeEE", torch.sum);
    find(cpu, "_ZN2at4_ops6concat4callEN3c108ArrayRefINS_6TensorEEEl", torch.concat);
    find(cpu, "_ZN2at4_ops12scatter__src4callERNS_6TensorElRKS2_S5_", torch.scatter_);
    find(cpu, "_ZN2at4_ops7type_as4callERKNS_6TensorES4_", torch.type_as);
    find(cpu, "_ZN2at4_ops12_unsafe_view4callERKNS_6TensorEN3c108ArrayRefINS5_6SymIntEEE",
         torch.unsafe_view);
    find(cpu, "_ZN5torch8autograd4impl15version_counterERKN2at6TensorE", torch.version_counter);
    find(cpu,
         "_ZN5torch8autograd4impl19set_version_counterERKN2at6TensorERKN3c1015VariableVersionE",
         torch.set_version_counter);
    find(cpu, "_ZNK2at10TensorBase13variable_dataEv", torch.variable_data);
    find(cpu, "_ZNK2at10TensorBase11retain_gradEv", torch.retain_grad);
    find(cpu, "_ZNK2at10TensorBase8_versionEv", torch.version);
    find(cpu, "_ZN5torch8autograd4gradERKSt6vectorIN2at6TensorESaIS3_EES7_S7_St8optionalIbEbb",
         torch.grad);
    find(cpu, "_ZN2at6detail22getDefaultCPUGeneratorEv", torch.cpu_generator);
    find(cpu, "_ZNK2at9Generator9get_stateEv", torch.get_state);
    find(cpu, "_ZN2at9Generator9set_stateERKNS_6TensorE", torch.set_state);
    void* cuda = dlopen("libtorch_cuda.so", RTLD_LAZY | RTLD_NOLOAD);
    if (cuda != nullptr) {
        find(cuda, "_ZN2at4cuda6detail23getDefaultCUDAGeneratorEa", torch.cuda_generator);
    }
    find(cpu, "_ZN5torch8autograd11AnomalyMode8_enabledE", torch.anomaly_enabled);
    find(cpu, "_ZN5torch8autograd11AnomalyMode10_check_nanE", torch.anomaly_check_nan);
    find(cpu, "_ZN5torch8autograd25get_current_graph_task_idEv", torch.graph_task_id);
    find(cpu, "_ZN5torch8autograd33get_current_graph_task_keep_graphEv", torch.keep_graph);
    find(c10, "_ZNK3c1010TensorImpl13requires_gradEv", torch.requires_grad);
    find(c10, "_ZN3c1019UndefinedTensorImpl10_singletonE", torch.undefined);
}

}  // namespace

#define NATIVE(type, name) \
    extern "C" JNIEXPORT type JNICALL Java_org_djlext_torch_NativeHooks_##name

NATIVE(void, initialize)(JNIEnv* env, jclass type) {
    guarded(env, [&] {
        env->GetJavaVM(&vm);
        find_functions();
        hooks_class = static_cast<jclass>(env->NewGlobalRef(type));
        on_gradient = env->GetStaticMethodID(type, "onGradient", "(JIJIZ)J");
        if (on_gradient == nullptr) return;
        on_release = env->GetStaticMethodID(type, "onRelease", "(J)V");
    });
}

// Puts a node into the graph: returns handles of new tensors with the values of the outputs, which
// depend on the inputs. no_indices holds for each output an empty INT64 tensor on its device. For each
// input and then for each output, unlike says whether its type or device is not that of input 0. The hook
// of output k is called with index k, that of input i with outputs + i, after all hooks of outputs; what
// it returns becomes the gradient of the input. See nothing_of for large.
NATIVE(jlongArray, link)
(JNIEnv* env, jclass, jlong id, jlongArray input_handles, jlongArray output_handles,
 jlongArray no_index_handles, jbooleanArray unlike_first, jbooleanArray large_inputs) {
    return guarded(env, [&]() -> jlongArray {
        std::vector<jlong> inputs = elements(env, input_handles);
        std::vector<jlong> outputs = elements(env, output_handles);
        std::vector<jlong> no_indices = elements(env, no_index_handles);
        std::vector<jboolean> unlike = flags(env, unlike_first);
        std::vector<jboolean> large = flags(env, large_inputs);

        auto count = static_cast<jint>(outputs.size());
        auto* registration = new Registration(id, count);
        // Holds the registration until the engine does, also if something below fails.
        GradientHook holder(registration, -1);

        // The identity node of each input, and nothing of it. The hook of the identity node puts the
        // gradient in the place of the zeros.
        std::vector<Owned> nothings;
        std::vector<Tensor> same_type;
        for (size_t i = 0; i < inputs.size(); i++) {
            Owned identity = Owned::from(torch.alias, tensor(inputs[i]));
            torch.register_hook(&*identity, GradientHook(registration, count + static_cast<jint>(i)));
            nothings.push_back(nothing_of(*identity, large[i] == JNI_TRUE));
            if (unlike[i]) nothings[i] = Owned::from(torch.type_as, *nothings[i], *nothings[0]);
            same_type.push_back(*nothings[i]);
        }
        // One nothing that depends on all inputs.
        Owned all = inputs.size() == 1 ? std::move(nothings[0])
                                       : Owned::from(torch.concat, same_type.data(), inputs.size(), 0);

        std::vector<Owned> results;
        for (size_t k = 0; k < outputs.size(); k++) {
            const Tensor& value = tensor(outputs[k]);
            const Tensor& index = tensor(no_indices[k]);
            if (unlike[inputs.size() + k]) {
                Owned converted = Owned::from(torch.type_as, *all, value);
                results.push_back(tied(value, index, *converted));
            } else {
                results.push_back(tied(value, index, *all));
            }
            torch.register_hook(&*results[k], GradientHook(registration, static_cast<jint>(k)));
        }

        jlongArray handles = env->NewLongArray(static_cast<jsize>(results.size()));
        if (handles == nullptr) return nullptr;
        for (size_t k = 0; k < results.size(); k++) {
            jlong handle = results[k].release();
            env->SetLongArrayRegion(handles, static_cast<jsize>(k), 1, &handle);
        }
        return handles;
    });
}

// Calls one Java hook, under an id, with the gradient of one tensor.
NATIVE(void, hook)(JNIEnv* env, jclass, jlong id, jlong handle) {
    guarded(env, [&] { torch.register_hook(&tensor(handle), GradientHook(new Registration(id, 1), 0)); });
}

// torch.autograd.grad: handles of the gradients, 0 for an input that the outputs do not depend on.
NATIVE(jlongArray, grad)
(JNIEnv* env, jclass, jlongArray outputs, jlongArray inputs, jlongArray grad_outputs,
 jboolean retain_graph, jboolean create_graph, jboolean allow_unused) {
    return guarded(env, [&]() -> jlongArray {
        // The elements of the result own a reference each, which moves to a handle.
        std::vector<Tensor> gradients =
            torch.grad(borrowed(env, outputs), borrowed(env, inputs), borrowed(env, grad_outputs),
                       std::optional<bool>(retain_graph == JNI_TRUE), create_graph == JNI_TRUE,
                       allow_unused == JNI_TRUE);
        std::vector<jlong> handles;
        for (const Tensor& gradient : gradients) {
            handles.push_back(gradient.impl == torch.undefined
                                  ? 0
                                  : reinterpret_cast<jlong>(new Tensor(gradient)));
        }
        auto count = static_cast<jsize>(handles.size());
        jlongArray result = env->NewLongArray(count);
        if (result != nullptr) env->SetLongArrayRegion(result, 0, count, handles.data());
        return result;
    });
}

NATIVE(jlong, randomState)(JNIEnv* env, jclass, jint device) {
    return guarded(env, [&] { return Owned::from(torch.get_state, &generator(device)).release(); });
}

NATIVE(void, setRandomState)(JNIEnv* env, jclass, jint device, jlong state) {
    guarded(env, [&] { torch.set_state(&generator(device), tensor(state)); });
}

NATIVE(jboolean, setAnomalyMode)(JNIEnv*, jclass, jboolean enabled) {
    jboolean before = *torch.anomaly_enabled ? JNI_TRUE : JNI_FALSE;
    *torch.anomaly_enabled = enabled == JNI_TRUE;
    *torch.anomaly_check_nan = true;
    return before;
}

// The sha256 of this file when the library was built; a test holds it against the source.
NATIVE(jstring, sourceSha256)(JNIEnv* env, jclass) { return env->NewStringUTF(SOURCE_SHA256); }

NATIVE(jboolean, requiresGrad)(JNIEnv*, jclass, jlong handle) {
    return torch.requires_grad(tensor(handle).impl) ? JNI_TRUE : JNI_FALSE;
}

NATIVE(void, retainGrad)(JNIEnv* env, jclass, jlong handle) {
    guarded(env, [&] { torch.retain_grad(&tensor(handle)); });
}

NATIVE(jlong, version)(JNIEnv* env, jclass, jlong handle) {
    return guarded(env, [&] { return static_cast<jlong>(torch.version(&tensor(handle))); });
}

NATIVE(void, probe)(JNIEnv* env, jclass, jlong plain) {
    guarded(env, [&] { probe_storage_count(tensor(plain)); });
}

NATIVE(jlong, alias)(JNIEnv* env, jclass, jlong handle) {
    return guarded(env, [&] { return Owned::from(torch.alias, tensor(handle)).release(); });
}

// A gradient to be given to the engine, which may keep it as the stored gradient of a leaf and write to
// it later. So its storage must be nobody else's: it is a copy, unless Java will close the only tensor
// over that storage.
NATIVE(jlong, gradient)(JNIEnv* env, jclass, jlong handle, jboolean closed_soon) {
    return guarded(env, [&] {
        const Tensor& source = tensor(handle);
        bool own = closed_soon == JNI_TRUE && storage_count_works && storage_count(source) == 1;
        return (own ? Owned::from(torch.alias, source) : clone(source)).release();
    });
}

// A tensor over the same storage that is connected to the graph as the source is now, whatever is done
// to the source in place afterwards. (An alias would follow it, and could end in a cycle.)
NATIVE(jlong, snapshot)(JNIEnv* env, jclass, jlong handle, jlongArray sizes) {
    return guarded(env, [&] {
        const Tensor& source = tensor(handle);
        std::vector<jlong> shape = elements(env, sizes);
        static_assert(sizeof(jlong) == sizeof(int64_t));
        Owned result = Owned::from(torch.unsafe_view, source,
                                   reinterpret_cast<const int64_t*>(shape.data()), shape.size());
        torch.set_version_counter(*result, torch.version_counter(source));
        return result.release();
    });
}
