/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** The scripts that were used most recently, one for inputs of the same shapes and types. */
final class Scripts implements AutoCloseable {

    private final Map<List<?>, LineScript> scripts = new LinkedHashMap<>(8, 0.75f, true);
    private final int most;
    private long compiled;
    private long reused;
    private long evicted;

    Scripts(int most) {
        this.most = most;
    }

    /** Returns the shapes and types of arrays, as a part of a key. */
    static List<Object> forms(NDList arrays) {
        List<Object> forms = new ArrayList<>();
        for (NDArray array : arrays) {
            forms.add(array.getShape());
            forms.add(array.getDataType());
        }
        return forms;
    }

    /** Returns the script for a key, from the compiler if it is not known. */
    LineScript get(List<?> key, Supplier<LineScript> compiler) {
        LineScript known = scripts.get(key);
        if (known != null) {
            reused++;
            return known;
        }
        LineScript script = compiler.get();
        compiled++;
        scripts.put(key, script);
        if (scripts.size() > most) {
            Iterator<LineScript> oldest = scripts.values().iterator();
            oldest.next().close();
            oldest.remove();
            evicted++;
        }
        return script;
    }

    /** Returns the text of the script that was used last. */
    String text() {
        String last = null;
        for (LineScript script : scripts.values()) {
            last = script.text();
        }
        if (last == null) {
            throw new IllegalStateException("a step has a script when it was run once");
        }
        return last;
    }

    CompiledStep.Counts counts() {
        return new CompiledStep.Counts(compiled, reused, evicted);
    }

    @Override
    public void close() {
        scripts.values().forEach(LineScript::close);
        scripts.clear();
    }
}
