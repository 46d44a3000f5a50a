/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.gradcheck;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Gathers what a run of checks finds. */
final class Findings {

    private final Set<Check> made = EnumSet.noneOf(Check.class);
    private final List<GradCheckFailure> failures = new ArrayList<>();
    private final Set<String> warnings = new LinkedHashSet<>();

    /** Notes that a check is made. Unless it fails, it has passed. */
    void begin(Check check) {
        made.add(check);
    }

    void fail(GradCheckFailure failure) {
        made.add(failure.check());
        failures.add(failure);
    }

    void warn(String warning) {
        warnings.add(warning);
    }

    boolean hasFailed(Check check) {
        return failures.stream().anyMatch(f -> f.check() == check);
    }

    List<Check> passed() {
        return made.stream().filter(check -> !hasFailed(check)).toList();
    }

    List<GradCheckFailure> failures() {
        return List.copyOf(failures);
    }

    List<String> warnings() {
        return List.copyOf(warnings);
    }
}
