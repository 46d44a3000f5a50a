/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.torch;

import java.util.ArrayList;
import java.util.List;
import org.djlext.testing.ArrayTest;
import org.junit.jupiter.api.AfterEach;

/** What tests of scripts share: a script is closed in the end. */
abstract class ScriptTest extends ArrayTest {

    private final List<TorchScript> scripts = new ArrayList<>();

    final TorchScript script(String source) {
        TorchScript script = TorchScript.compile(source);
        scripts.add(script);
        return script;
    }

    @AfterEach
    void closeScripts() {
        scripts.forEach(TorchScript::close);
    }
}
