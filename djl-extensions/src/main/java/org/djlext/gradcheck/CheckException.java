/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.gradcheck;

import ai.djl.engine.EngineException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A check failed in the middle of the others, and what it was about cannot be compared. */
final class CheckException extends RuntimeException {

    private static final long serialVersionUID = 1;

    /** How a function is told that its gradients are too few or do not look like its inputs. */
    private static final Pattern FORM =
            Pattern.compile(
                    "\\.backward: the gradient of input (\\d+).* must have "
                            + "|\\.backward returned (?:null|\\d+) gradients? for ");

    private final Check check;
    private final int input;

    /** Says what is wrong with an input by its index, or with none for -1. */
    CheckException(Check check, int input, String message) {
        super(message);
        this.check = check;
        this.input = input;
    }

    /**
     * Finds out from the message which check a backward has failed: the engine keeps nothing else
     * of an exception.
     */
    static CheckException ofBackward(EngineException e) {
        // The engine adds its own stack trace.
        String message = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
        Matcher form = FORM.matcher(message);
        if (form.find()) {
            int input = form.group(1) == null ? -1 : Integer.parseInt(form.group(1));
            return new CheckException(Check.GRADIENT_FORM, input, message);
        }
        boolean upstream = message.contains(".backward changed an upstream gradient in place");
        return new CheckException(upstream ? Check.INPUTS_UNMODIFIED : Check.BACKWARD, -1, message);
    }

    Check check() {
        return check;
    }

    int input() {
        return input;
    }
}
