/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.distributed;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.djlext.torch.ScriptFunction;

/**
 * What ranks are about to call, which has to be the same on all of them: gloo ends the process
 * where more comes than was expected, and gives any numbers where less comes.
 *
 * <p>A call that came next the last time too, as in a loop of training, is not announced. All ranks
 * remember the same calls; where one of them makes another one after all, it waits for
 * announcements as the others do for data, until the timeout.
 */
final class Announcements {

    private static final int REMEMBERED = 1000;
    private static final int SHOWN = 300; // characters of a call

    private final ScriptFunction announce;
    private final String group;
    private final int worldSize;
    private final Map<String, String> next = new HashMap<>(); // of each call, the one after it
    private String last = "";

    /** Takes the function of {@link CollectivesScript} that tells others. */
    Announcements(ScriptFunction announce, String group, int worldSize) {
        this.announce = announce;
        this.group = group;
        this.worldSize = worldSize;
    }

    /**
     * Announces a call with arrays, unless it is the one that is to be expected, and returns
     * whether all ranks call the same.
     */
    boolean agree(String what, NDList arrays) {
        StringBuilder text = new StringBuilder(what).append(" of");
        arrays.forEach(x -> text.append(' ').append(x.getDataType()).append(x.getShape()));
        String call = text.toString();
        boolean isExpected = call.equals(next.get(last));
        if (!isExpected) {
            if (next.size() == REMEMBERED) {
                next.clear();
            }
            next.put(last, call);
        }
        last = call;
        return isExpected || isOfAll(call);
    }

    private boolean isOfAll(String call) {
        UUID digest = UUID.nameUUIDFromBytes(call.getBytes(StandardCharsets.UTF_8));
        try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
            NDArray own = manager.create(new long[] {digest.getMostSignificantBits()});
            return announce.callForArray(own, worldSize, group).eq(own).all().getBoolean();
        }
    }

    /** Returns the last call in words. */
    String last() {
        return last.length() <= SHOWN ? last : last.substring(0, SHOWN) + " ..";
    }
}
