/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Arguments that nobody should give, and what they are told. */
@SuppressWarnings("NullAway.Init") // JUnit sets the folder
class OddArgumentsTest {

    @TempDir Path dir;

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "train --max-steps 1e400 | '--max-steps': it must be a whole number, but is '1e400'",
                "train --max-steps 99999999999 | '--max-steps': it must be from -2147483647 to"
                        + " 2147483647, but is 99999999999",
                "train --optimizer adam | '--optimizer': it must be one of sgd, adamw, but is 'adam'",
                "sample --window roll | '--window': it must be one of slide, jump, but is 'roll'",
                "train --rank 1 | --rank is for several processes; give --world-size too",
                "train --world-size 2 | --rank must be given with --world-size",
                "train --seed x | '--seed': it must be a whole number, but is 'x'",
                "train --seed 9223372036854775808 | it must be from -9223372036854775807 to"
                        + " 9223372036854775807, but is 9223372036854775808",
                "train --lr x | '--learning-rate': it must be a number, but is 'x'",
                "train --lr 1e400 | --lr must be from 0 to 1e6, but is Infinity",
                "train --n-embd 0 | --n-embd must be at least 1, but is 0",
                "train --model mlp --block-size 1000000 | a model's block size must be at most 65536,"
                        + " but is 1000000",
                "train --max-length 0 --data names | --max-length must be from 1 to 65535, but is 0",
                "train --work-dir= | '--work-dir': it must name a file or a folder, but is ''",
                "train --data= | --data and --text must name files or folders, but a name is empty",
                "ninja --n-embd2 100000000 | --n-embd2 must be from 1 to 100000, but is 100000000",
                "bigram training --lr 1e30 --max-steps 3 | training of the net stopped, because the"
                        + " loss is",
            })
    void areRefusedInASentence(String line, String sentence) {
        Outcome.run(line).assertMistake(sentence);
    }

    /** A folder is asked for, and there is a file, or it would be in one. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "train --max-steps 1 --work-dir %s | cannot be used for a run (there is a file of that"
                        + " name); give another --work-dir",
                "train --max-steps 1 --work-dir %s/x | cannot be used for a run (not a directory)",
                "train --resume --work-dir %s | cannot be used for a run (there is a file of that name)",
                "exercise micrograd %s/x | README.md cannot be written: not a directory",
                "report %s | metrics.csv does not exist",
                "sample --checkpoint %s/x | /x does not exist",
                "verify %s | file: it is not JSON: malformed at line 2 column 2",
                "train --data %s/x | /x does not exist",
            })
    void aFileInThePlaceOfAFolderIsToldInASentence(String line, String sentence)
            throws IOException {
        Path file = Files.writeString(dir.resolve("file"), "two\nlines\n");
        Outcome.run(line, file).assertMistake(sentence);
    }
}
