/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.internal.NDArrayEx;
import ai.djl.ndarray.types.DataType;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.djlext.autograd.Recorder;
import org.jspecify.annotations.Nullable;

/**
 * An array on the tape: an NDArray for Java code, a {@link Value} in the script, and an array of
 * the engine that has been computed along.
 *
 * <p>Arrays that share memory are in one group. When one of them is changed in place, it stands for
 * a new value, and using another is an error: the script has no memory that they share.
 */
final class TracedArray implements InvocationHandler {

    /** How an array of the tape can be told from others. */
    interface Traced extends Recorder.Recorded {
        TracedArray traced();
    }

    private static final Object[] NO_ARGUMENTS = {};
    private static final Set<String> IN_PLACE =
            Set.of("addi", "subi", "muli", "divi", "modi", "powi", "signi", "negi");

    private final Tape tape;
    private final NDArray array;
    private final @Nullable NDArrayEx internal;
    private final List<TracedArray> group;
    private Value value;
    private NDArray real;
    private @Nullable String changedAt;

    TracedArray(Tape tape, Value value, NDArray real) {
        this(tape, value, real, new ArrayList<>());
    }

    private TracedArray(Tape tape, Value value, NDArray real, List<TracedArray> group) {
        this.tape = tape;
        this.value = value;
        this.real = real;
        this.group = group;
        group.add(this);
        array = proxy(Traced.class, this);
        internal = proxy(NDArrayEx.class, this);
    }

    /** Returns an object whose methods a handler does. */
    static <T> T proxy(Class<T> type, InvocationHandler handler) {
        ClassLoader loader = TracedArray.class.getClassLoader();
        return type.cast(Proxy.newProxyInstance(loader, new Class<?>[] {type}, handler));
    }

    /** Returns what is behind an array, or null if it is not on a tape. */
    static @Nullable TracedArray of(@Nullable Object array) {
        return array instanceof Traced traced
                ? traced.traced()
                : array instanceof TracedArray own ? own : null;
    }

    /** Returns the value of an array, or null if it is not on a tape. */
    static @Nullable Value valueOf(NDArray array) {
        TracedArray traced = of(array);
        return traced == null ? null : traced.value;
    }

    /** Returns what is behind an array. */
    static TracedArray required(NDArray array, String what) {
        TracedArray traced = of(array);
        if (traced == null) {
            throw new CompileException(
                    "cannot compile: "
                            + what
                            + " returned an array that was not computed from its inputs; create"
                            + " arrays with the manager of an input");
        }
        return traced;
    }

    /** Returns the values of arrays that something has returned. */
    static List<Value> values(NDList arrays, String what) {
        return arrays.stream().map(array -> required(array, what).read()).toList();
    }

    Tape tape() {
        return tape;
    }

    /** The array for Java code. */
    NDArray array() {
        return array;
    }

    /** The engine's array. */
    NDArray real() {
        return real;
    }

    /** The value in the script. */
    Value read() {
        if (changedAt != null) {
            throw new CompileException(
                    ("cannot compile: %s uses an array that shares memory"
                                    + " with one that was changed in place at %s; change it"
                                    + " with add, mul, .. in the place of addi, muli, .., or"
                                    + " take the view afterwards")
                            .formatted(tape.source(), changedAt));
        }
        return value;
    }

    /** Another array of the same value and memory. */
    TracedArray alias() {
        return new TracedArray(tape, read(), real, group);
    }

    /** The same array, in the group of what this is a view of. */
    TracedArray viewOf(TracedArray base) {
        return new TracedArray(tape, value, real, base.group);
    }

    /** Gets a gradient from now on, also if no parameter comes into it. */
    void requireGradient() {
        value = value.differentiable ? value : tape.differentiable(this).value;
    }

    /** Stands for another array from now on, as if it had been written here. */
    NDArray overwrite(NDArray written) {
        TracedArray other = required(written, "an operation in place");
        if (!other.real.getShape().equals(real.getShape())) {
            throw new IllegalArgumentException(
                    "an operation in place must keep the shape %s, but its result is %s"
                            .formatted(real.getShape(), other.real.getShape()));
        }
        DataType type = other.real.getDataType();
        if (type.isFloating()
                ? !value.type.isFloating()
                : value.type.isBoolean() && type != value.type) {
            throw new IllegalArgumentException(
                    "an operation in place must keep the type "
                            + value.type
                            + ", but its result is "
                            + type);
        }
        NDArray result = Conversions.cast(other, value.type);
        String source = tape.source();
        for (TracedArray member : group) {
            if (member != this) {
                member.changedAt = source;
            }
        }
        TracedArray converted = required(result, "a conversion");
        value = converted.value;
        real = converted.real;
        return array;
    }

    @Override
    public @Nullable Object invoke(Object proxy, Method method, Object @Nullable [] given)
            throws Throwable {
        Object[] args = given == null ? NO_ARGUMENTS : given;
        String name = method.getName();
        if (method.getDeclaringClass() == Traced.class) {
            return this;
        }
        if (IN_PLACE.contains(name)) {
            String functional = name.substring(0, name.length() - 1);
            Method same = NDArray.class.getMethod(functional, method.getParameterTypes());
            Object result = Operations.apply(new MethodCall(this, same, args));
            return overwrite((NDArray) Objects.requireNonNull(result));
        }
        Object answer = answer(name, args);
        if (answer != this) {
            return answer;
        }
        MethodCall call = new MethodCall(this, method, args);
        Object result = Operations.apply(call);
        if (result != Operations.NOT_RECORDED) {
            return result;
        }
        if (method.isDefault()) {
            return InvocationHandler.invokeDefault(proxy, method, args);
        }
        throw Operations.notRecorded(call);
    }

    // Like the engine's, by its numbers.
    private boolean isEqual(@Nullable Object other) {
        return other instanceof NDArray given && array.contentEquals(given);
    }

    /** What has nothing to do with the script; this array itself for the rest. */
    private @Nullable Object answer(String name, @Nullable Object[] args) {
        return switch (name) {
            case "recorder" -> tape;
            case "getNDArrayInternal" -> internal;
            case "getArray" -> array;
            case "getManager" -> tape.manager().manager();
            case "getShape" -> real.getShape();
            case "getDataType" -> real.getDataType();
            case "getDevice" -> real.getDevice();
            case "getSparseFormat" -> real.getSparseFormat();
            case "getName" -> real.getName();
            case "getUid" -> real.getUid();
            case "hasGradient" -> value.differentiable;
            case "isReleased" -> false;
            case "setName" -> {
                real.setName((String) args[0]);
                yield null;
            }
            case "attach", "tempAttach", "returnResource", "detach", "close" -> null;
            case "hashCode" -> System.identityHashCode(this);
            case "equals" -> array == args[0] || isEqual(args[0]);
            case "toString" -> value + ": " + value.type + " " + value.shape;
            default -> this;
        };
    }
}
