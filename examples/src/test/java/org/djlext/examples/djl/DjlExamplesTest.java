/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.djl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import org.djlext.examples.lecture1.Printed;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DjlExamplesTest {

    // ln 27 is the loss of every character alike.
    private static final double ALIKE = 3.3;

    @Test
    void easyTrainLearns() throws Exception {
        Printed printed = new Printed();
        EasyTrainNames.Result result = EasyTrainNames.run(printed.output(), 2);
        assertTrue(result.trainLoss() < ALIKE - 0.7, result + "");
        assertTrue(result.validateLoss() < ALIKE - 0.7, result + "");
        assertTrue(result.validateAccuracy() > 0.2, result + "");
        assertTrue(printed.text().contains("loss on dev      "), printed.text());
    }

    @Test
    void namesAreCompleted(@TempDir Path dir) throws Exception {
        Path file = dir.resolve("names.ckpt");
        CompleteNames.train(file, 50);
        Printed printed = new Printed();
        List<String> names = CompleteNames.run(printed.output(), file);
        assertEquals(6, names.size());
        assertTrue(names.get(0).startsWith("an"), names + "");
        assertTrue(names.get(2).startsWith("jo"), names + "");
        assertTrue(printed.text().startsWith("ma.. ma"), printed.text());
    }
}
