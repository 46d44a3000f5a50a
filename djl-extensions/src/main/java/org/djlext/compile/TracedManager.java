/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The manager of the arrays on a tape: what it creates is on the tape. */
final class TracedManager implements InvocationHandler {

    private static final Object[] NO_ARGUMENTS = {};
    private static final Map<String, String> RANDOM =
            Map.of("randomUniform", "uniform", "randomNormal", "normal_functional");
    private static final List<String> DRAWING = List.of("random", "sample", "truncated");

    private final Tape tape;
    private final NDManager real;
    private final NDManager manager;
    private final Map<Number, NDArray> scalars = new HashMap<>();

    TracedManager(Tape tape, NDManager real) {
        this.tape = tape;
        this.real = real;
        manager = TracedArray.proxy(NDManager.class, this);
    }

    /** The manager for Java code. */
    NDManager manager() {
        return manager;
    }

    /** A number as an array of no axes. */
    NDArray scalar(Number number) {
        return scalars.computeIfAbsent(number, n -> tape.constant(real.create(n)));
    }

    @Override
    public @Nullable Object invoke(Object proxy, Method method, Object @Nullable [] given)
            throws Throwable {
        Object[] args = given == null ? NO_ARGUMENTS : given;
        String name = method.getName();
        return switch (name) {
            case "newSubManager", "getParentManager" -> manager;
            case "close",
                    "cap",
                    "attachInternal",
                    "attachUncappedInternal",
                    "tempAttachInternal",
                    "detachInternal",
                    "attachAll",
                    "tempAttachAll" ->
                    null;
            case "ret", "from" -> args[0];
            case "hashCode" -> System.identityHashCode(proxy);
            case "equals" -> proxy == args[0];
            case "getEngine",
                    "getDevice",
                    "defaultDevice",
                    "isOpen",
                    "getName",
                    "allocateDirect",
                    "toString",
                    "getManagedArrays" ->
                    call(method, args);
            default -> create(proxy, method, args);
        };
    }

    private @Nullable Object create(Object proxy, Method method, Object[] args) throws Throwable {
        Object random = random(method, args);
        if (random != null) {
            return random;
        }
        if (DRAWING.stream().anyMatch(method.getName()::startsWith)) {
            if (method.isDefault() && method.getName().startsWith("random")) {
                return InvocationHandler.invokeDefault(proxy, method, args);
            }
            throw CompileException.at(
                    tape.source(),
                    "NDManager."
                            + method.getName()
                            + " is not recorded; use randomUniform or randomNormal instead");
        }
        Object made = call(method, args);
        if (!(made instanceof NDArray array)) {
            throw CompileException.at(
                    tape.source(), "NDManager." + method.getName() + " is not recorded");
        }
        if (SourceLine.isInCheck()) {
            throw CompileException.at(
                    tape.source(),
                    "a check must not create arrays, which would be the same in every step");
        }
        return tape.constant(array);
    }

    private @Nullable Object random(Method method, Object[] args) throws Throwable {
        String operation = RANDOM.get(method.getName());
        if (operation == null || args.length != 4) {
            return null;
        }
        NDArray drawn = (NDArray) Objects.requireNonNull(call(method, args));
        List<String> placement = Line.placement((DataType) args[3]);
        NDArray empty = tape.record("zeros", drawn, args[2], placement.get(0), placement.get(1));
        return tape.record(operation, drawn, empty, args[0], args[1]);
    }

    private @Nullable Object call(Method method, Object[] args) throws Throwable {
        try {
            return method.invoke(real, args);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }
}
