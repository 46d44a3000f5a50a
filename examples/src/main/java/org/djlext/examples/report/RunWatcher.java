/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.report;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.Map;
import java.util.function.IntConsumer;
import org.djlext.makemore.diagnostics.UpdateRatios;
import org.jspecify.annotations.Nullable;

/**
 * Follows a training from beside its loop: keeps each loss, measures the update ratio of some two
 * hundred steps, and looks into the model at the start, after each quarter and at the end.
 */
public final class RunWatcher implements AutoCloseable {

    private static final int MEASURED_STEPS = 200;
    private static final int LOOKS = 4;

    private final TrainingReport report;
    private final @Nullable UpdateRatios ratios; // null if nothing is looked at
    private final IntConsumer look;
    private final int interval;
    private final int lookInterval;
    private int lastLook;

    /**
     * Begins, with a look into the model as it is.
     *
     * @param report is told what is seen
     * @param manager a manager of the weights' device
     * @param weights the weights whose updates are measured, by their names
     * @param from the number of the first step
     * @param steps how many steps there are to be in all
     * @param look tells the report how the model looks from within; gets the number of steps done
     */
    public RunWatcher(
            TrainingReport report,
            NDManager manager,
            Map<String, NDArray> weights,
            int from,
            int steps,
            IntConsumer look) {
        this.report = report;
        this.look = look;
        ratios = new UpdateRatios(manager, weights);
        interval = Math.max(1, steps / MEASURED_STEPS);
        lookInterval = Math.max(1, (steps + LOOKS - 1) / LOOKS);
        report.plan(from, steps);
        lookInto(from);
        ratios.before();
    }

    private RunWatcher(TrainingReport report) {
        this.report = report;
        ratios = null;
        look = step -> {};
        interval = Integer.MAX_VALUE;
        lookInterval = Integer.MAX_VALUE;
    }

    /**
     * Returns what keeps the losses alone.
     *
     * @param report is told the losses
     * @return the watcher
     */
    public static RunWatcher ofLosses(TrainingReport report) {
        return new RunWatcher(report);
    }

    /**
     * Tells how many steps may be done before {@link #onStep} is called for each of them, for a
     * training that does many in one go: a step that is measured is done alone, and a look into the
     * model comes right after its step.
     *
     * @param step the number of the next step
     * @return the number of steps, at least 1
     */
    public int stepsAtATime(int step) {
        if (ratios == null) {
            return Integer.MAX_VALUE;
        }
        return step % interval == 0
                ? 1
                : Math.min(interval - step % interval, lookInterval - step % lookInterval);
    }

    /**
     * Takes note of a step.
     *
     * @param step the number of the step, from 0
     * @param loss the loss of its mini-batch
     */
    public void onStep(int step, double loss) {
        report.step(step, loss);
        if (ratios == null) {
            return;
        }
        Map<String, Double> measured = ratios.after();
        if (!measured.isEmpty()) {
            report.updateRatios(step, measured);
        }
        if ((step + 1) % lookInterval == 0) {
            lookInto(step + 1);
        }
        if ((step + 1) % interval == 0) {
            ratios.before();
        }
    }

    /**
     * Looks into the model once more, unless it has just been done.
     *
     * @param stepsDone how many steps are done
     */
    public void end(int stepsDone) {
        if (lastLook != stepsDone) {
            lookInto(stepsDone);
        }
    }

    private void lookInto(int stepsDone) {
        lastLook = stepsDone;
        look.accept(stepsDone);
    }

    /** Frees what measuring takes. */
    @Override
    public void close() {
        if (ratios != null) {
            ratios.close();
        }
    }
}
