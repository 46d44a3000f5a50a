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

/** The scripts that were used most recently, one for each shape of a batch. */
final class StepScripts implements AutoCloseable {

    // What a script belongs to.
    private record Key(List<Object> data, List<Object> labels, List<List<String>> update) {

        static List<Object> of(NDList arrays) {
            List<Object> all = new ArrayList<>();
            for (NDArray array : arrays) {
                all.add(array.getShape());
                all.add(array.getDataType());
            }
            return all;
        }
    }

    private final Map<Key, StepScript> scripts = new LinkedHashMap<>(8, 0.75f, true);
    private final int most;
    private long compiled;
    private long reused;
    private long evicted;

    StepScripts(int most) {
        this.most = most;
    }

    /** Returns the script for batches like this one and lines of an update. */
    StepScript get(StepBatch batch, List<List<String>> update, Supplier<StepScript> compiler) {
        Key key = new Key(Key.of(batch.data()), Key.of(batch.labels()), update);
        StepScript known = scripts.get(key);
        if (known != null) {
            reused++;
            return known;
        }
        StepScript script = compiler.get();
        compiled++;
        scripts.put(key, script);
        if (scripts.size() > most) {
            Iterator<StepScript> oldest = scripts.values().iterator();
            oldest.next().close();
            oldest.remove();
            evicted++;
        }
        return script;
    }

    /** Returns the text of the script that was used last. */
    String text() {
        String last = null;
        for (StepScript script : scripts.values()) {
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
        scripts.values().forEach(StepScript::close);
        scripts.clear();
    }
}
