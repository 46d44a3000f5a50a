/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Disabled;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.platform.launcher.core.LauncherConfig;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

class LeftOutTestsTest {

    /** Is run by the test below alone. */
    static class Tests {
        @Test
        void runs() {}

        @Test
        void assumes() {
            assumeTrue(false, "there is no moon");
        }

        @Test
        @Disabled("it rains")
        void isDisabled() {}

        @Test
        @EnabledIfSystemProperty(named = "no.such", matches = "x", disabledReason = "not here")
        void isForOthers() {}
    }

    /** Likewise. */
    static class WholeClass {
        @BeforeAll
        static void open() {
            assumeTrue(false, "there is no sun");
        }

        @Test
        void wouldRun() {}
    }

    @Test
    void eachIsNamedWithTheReason() {
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        LeftOutTests listener =
                new LeftOutTests(new PrintStream(printed, true, StandardCharsets.UTF_8));
        // Not also the one that prints where all tests do.
        LauncherConfig alone =
                LauncherConfig.builder().enableTestExecutionListenerAutoRegistration(false).build();
        LauncherFactory.create(alone)
                .execute(
                        LauncherDiscoveryRequestBuilder.request()
                                .selectors(selectClass(Tests.class), selectClass(WholeClass.class))
                                .build(),
                        listener);
        assertEquals(
                List.of(
                        "left out: LeftOutTestsTest$Tests.assumes: there is no moon",
                        "left out: LeftOutTestsTest$Tests.isDisabled: it rains",
                        "left out: LeftOutTestsTest$Tests.isForOthers: System property [no.such]"
                                + " does not exist ==> not here",
                        "left out: LeftOutTestsTest$WholeClass: there is no sun"),
                printed.toString(StandardCharsets.UTF_8).lines().sorted().toList());
    }
}
