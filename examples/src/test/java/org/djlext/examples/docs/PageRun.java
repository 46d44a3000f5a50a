/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.docs;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Runs a page: its commands in order, in one folder, and compares what they print. */
final class PageRun {

    /** Whether what takes long is run too. */
    static final boolean LONG = Boolean.getBoolean("docs.long");

    private static final String TAKES = "takes ";

    private static final Pattern CLASS = Pattern.compile("(?<![\\w.]|-D)org\\.djlext\\.[\\w.]*\\w");
    private static final Pattern CALL =
            Pattern.compile("(?m)^(\\./mvnw |java -jar |(taskset -c \\d )?java -cp )");

    private final Page page;
    private final Workspace workspace;
    private final boolean haveData;
    private final List<String> failures = new ArrayList<>();
    private int run;
    private int parsed;

    // What the last block of commands printed: null if it was not run.
    private @Nullable String printed;
    private boolean missedData;

    PageRun(Page page, Workspace workspace, boolean haveData) {
        this.page = page;
        this.workspace = workspace;
        this.haveData = haveData;
    }

    /** Goes through the page and returns what is wrong with it. */
    List<String> failures() throws IOException, InterruptedException {
        for (Fence fence : page.fences()) {
            failures.addAll(fence.mistakes());
            if (fence.isShell()) {
                block(fence);
            } else if (fence.isOutput()) {
                output(fence);
            } else if (CALL.matcher(fence.text()).find()) {
                failures.add(
                        fence.at()
                                + ": a block with a command must begin with it, or its fence with"
                                + " ```sh");
            }
        }
        for (Page.Span span : page.spans()) {
            span(span);
        }
        return failures;
    }

    /** Says what was done. */
    String summary() {
        return "%s: %d commands run, %d only parsed".formatted(page, run, parsed);
    }

    private void block(Fence fence) throws IOException, InterruptedException {
        StringBuilder output = new StringBuilder();
        missedData = false;
        boolean all = true;
        boolean wanted =
                fence.notRun().map(reason -> LONG && reason.startsWith(TAKES)).orElse(true);
        for (ShellCommand command : fence.commands()) {
            if (!check(command)) {
                all = false;
                continue;
            }
            boolean skipped = command.needsData() && !haveData;
            missedData |= skipped;
            Optional<String> line = wanted && !skipped ? runnable(command) : Optional.empty();
            if (line.isPresent()) {
                Workspace.Ran ran = run(command, line.get(), fence.exitCode());
                output.append(ran.out());
                if (fence.exitCode() != 0) {
                    output.append(ran.err());
                }
            } else {
                parsed++;
            }
        }
        printed = all && wanted && !missedData ? output.toString() : null;
    }

    private static Optional<String> runnable(ShellCommand command) {
        return command.isMaven()
                ? new MavenCommand(command).withoutMaven()
                : Optional.of(command.text());
    }

    private Workspace.Ran run(ShellCommand command, String line, int expected)
            throws IOException, InterruptedException {
        run++;
        Workspace.Ran ran = workspace.run(line);
        if (ran.exitCode() != expected) {
            fail(
                    command.line(),
                    command.text(),
                    (ran.timedOut()
                                    ? "was stopped after " + Workspace.LIMIT.toSeconds() + " s"
                                    : "ended with " + ran.exitCode() + ", not " + expected)
                            + ", after\n"
                            + ran.end());
        }
        return ran;
    }

    private boolean check(ShellCommand command) {
        int before = failures.size();
        if (command.isMaven()) {
            new MavenCommand(command)
                    .mistakes()
                    .forEach(m -> fail(command.line(), command.text(), m));
        }
        for (List<String> call : command.makemoreCalls()) {
            MakemoreSyntax.mistake(call).ifPresent(m -> fail(command.line(), command.text(), m));
        }
        classes(command.line(), command.text());
        return failures.size() == before;
    }

    private void output(Fence fence) throws IOException, InterruptedException {
        Optional<String> own = fence.outputOf();
        String actual = printed;
        boolean missed = missedData;
        if (own.isPresent()) {
            ShellCommand command = new ShellCommand(fence.line(), own.get());
            missed = command.needsData() && !haveData;
            actual =
                    check(command) && !missed
                            ? run(command, command.text(), fence.exitCode()).out()
                            : null;
        }
        if (actual != null) {
            String what = own.orElse("the commands before it");
            new ExpectedOutput(fence.text())
                    .difference(actual)
                    .ifPresent(d -> fail(fence.line(), "output of " + what, d));
        } else if (!missed) {
            fail(fence.line(), "output", "its command was not run, so nothing can be compared");
        }
    }

    private void span(Page.Span span) {
        if (span.text().startsWith("./mvnw ")) {
            check(new ShellCommand(span.line(), span.text()));
        } else {
            MakemoreSyntax.mistakeInSpan(span.text())
                    .ifPresent(m -> fail(span.line(), span.text(), m));
            classes(span.line(), span.text());
        }
    }

    private void classes(int line, String text) {
        Matcher matcher = CLASS.matcher(text);
        while (matcher.find()) {
            if (!Sources.have(Sources.modules(), matcher.group())) {
                fail(line, text, "there is no class or package " + matcher.group());
            }
        }
    }

    private void fail(int line, String what, String how) {
        failures.add(page.at(line) + ": " + what + "\n  " + how);
    }
}
