/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.internal.NDArrayEx;
import ai.djl.ndarray.types.Shape;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A method of NDArray or NDArrayEx that is called on an array of the tape. */
record MethodCall(TracedArray self, Method method, List<@Nullable Object> args) {

    MethodCall(TracedArray self, Method method, @Nullable Object... args) {
        this(self, method, Arrays.asList(args));
    }

    String name() {
        return method.getName();
    }

    /** The array for Java code. */
    NDArray array() {
        return self.array();
    }

    /** The shape of the array. */
    Shape shape() {
        return self.real().getShape();
    }

    NDArray array(int index) {
        return (NDArray) arg(index);
    }

    int number(int index) {
        return (Integer) arg(index);
    }

    /** An argument that is not null. */
    Object arg(int index) {
        Object argument = args.get(index);
        if (argument == null) {
            throw new NullPointerException(name() + " got null");
        }
        return argument;
    }

    /** The same call with other arguments. */
    MethodCall with(@Nullable Object... others) {
        return new MethodCall(self, method, others);
    }

    /** Does on the engine's arrays what is done on those of the tape. */
    Object real() {
        @Nullable Object[] reals = reals(args.toArray(), Shapes::realOf);
        NDArray array = self.real();
        boolean isInternal = method.getDeclaringClass() == NDArrayEx.class;
        try {
            return method.invoke(isInternal ? array.getNDArrayInternal() : array, reals);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new CompileException("cannot compile: " + e.getCause(), e);
        } catch (IllegalAccessException e) {
            throw new CompileException("cannot compile: " + e, e);
        }
    }

    /** Returns arguments with the engine's arrays in the place of those of the tape. */
    static @Nullable Object[] reals(@Nullable Object[] given, UnaryOperator<NDArray> real) {
        @Nullable Object[] reals = given.clone();
        for (int i = 0; i < reals.length; i++) {
            if (reals[i] instanceof NDList list) {
                reals[i] = new NDList(list.stream().map(real).toList());
            } else if (reals[i] instanceof NDArray array) {
                reals[i] = real.apply(array);
            }
        }
        return reals;
    }

    /** Calls the engine's own function, and notes it; returns its first result. */
    NDArray function(String operation, @Nullable Object... arguments) {
        return self.tape().call(operation, arguments).head();
    }

    /** Notes an operation that computes what the engine does for the method. */
    Object record(String operation, @Nullable Object... arguments) {
        Object real = real();
        return real instanceof NDList reals
                ? self.tape().recordAll(operation, reals, arguments)
                : self.tape().record(operation, (NDArray) real, arguments);
    }

    /** Returns the error for a method that cannot be recorded. */
    CompileException notRecorded(String instead) {
        String owner = method.getDeclaringClass().getSimpleName();
        return error(owner + "." + name() + " is not recorded; " + instead);
    }

    /** Returns the error for what cannot be recorded here. */
    CompileException error(String why) {
        return CompileException.at(self.tape().source(), why);
    }
}
