/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import java.util.Locale;
import java.util.function.Supplier;
import org.djlext.makemore.data.MakemoreException;
import picocli.CommandLine.Model.CommandSpec;

/** Something in a command that the user can put right: one sentence, and no stack trace. */
final class Mistake extends MakemoreException {

    private static final long serialVersionUID = 1L;

    Mistake(String sentence, Object... parts) {
        super(parts.length == 0 ? sentence : String.format(Locale.ROOT, sentence, parts));
    }

    /** Returns what is made of options, whose maker refuses those that make no sense. */
    static <T> T unless(Supplier<T> made) {
        try {
            return made.get();
        } catch (IllegalArgumentException e) {
            throw new Mistake(String.valueOf(e.getMessage()));
        } catch (ArithmeticException e) {
            throw new Mistake("the sizes of the model are too large for its arrays");
        }
    }

    /**
     * Refuses options that are given where they change nothing.
     *
     * @param command what they are given to
     * @param where where that is: "in ..", "for .." or "without .."
     */
    static void ifGiven(CommandSpec command, String where, String... options) {
        for (String option : options) {
            if (command.commandLine().getParseResult().hasMatchedOption(option)) {
                throw new Mistake("%s changes nothing %s", option, where);
            }
        }
    }

    /** Returns a number that must not be less than another. */
    static int atLeast(String option, int value, int least) {
        if (value < least) {
            throw new Mistake("%s must be at least %d, but is %d", option, least, value);
        }
        return value;
    }

    /** Returns a number that must not be less than one, nor more than another. */
    static int between(String option, int value, int least, int most) {
        if (value < least || value > most) {
            throw new Mistake("%s must be from %d to %d, but is %d", option, least, most, value);
        }
        return value;
    }

    /** Returns a number that must not be negative. */
    static double notNegative(String option, double value) {
        if (!(value >= 0 && value < Double.POSITIVE_INFINITY)) {
            throw new Mistake("%s must not be negative, but is %s", option, value);
        }
        return value;
    }

    /** Returns a number that must be more than 0. */
    static double positive(String option, double value) {
        if (!(value > 0 && value < Double.POSITIVE_INFINITY)) {
            throw new Mistake("%s must be more than 0, but is %s", option, value);
        }
        return value;
    }
}
