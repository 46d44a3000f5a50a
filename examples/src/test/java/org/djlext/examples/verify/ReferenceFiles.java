/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.verify;

import java.nio.file.Path;

/** PyTorch's numbers that the other modules test with. */
final class ReferenceFiles {

    private ReferenceFiles() {}

    static ReferenceNode operations() {
        return read("djl-extensions", "ops.json").child("ops");
    }

    static ReferenceNode model(String name) {
        return read("makemore-models", "model_" + name + ".json");
    }

    private static ReferenceNode read(String module, String file) {
        return ReferenceNode.read(Path.of("..", module, "src/test/resources/golden", file));
    }
}
