/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.spark;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.length;

import java.util.Arrays;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where names are read, which columns they have, and where results are written. */
final class Tables {

    private Tables() {}

    /** The model that is used. */
    static final class Model {

        @Option(names = "--checkpoint", paramLabel = "FILE", required = true)
        private String checkpoint = "";

        SharedModel read(SparkSession session) {
            return SharedModel.read(session, checkpoint);
        }
    }

    /** The table of names. */
    static final class Input {

        private static final String TEXT = ".txt";

        @Option(names = "--data", paramLabel = "PATH", required = true)
        private String path = "";

        @Option(names = "--column", paramLabel = "NAME", defaultValue = "name")
        private String column = "name";

        Dataset<Row> read(SparkSession session) {
            return path.endsWith(TEXT)
                    ? session.read().text(path).toDF(column).where(length(text(column)).gt(0))
                    : session.read().parquet(path);
        }

        String column() {
            return column;
        }

        @Override
        public String toString() {
            return path;
        }
    }

    /** The table that is written. */
    static final class Output {

        @Option(names = "--out", paramLabel = "PATH", required = true)
        private String path = "";

        @Option(names = "--overwrite")
        private boolean overwrite;

        /** Writes a table, and returns what is there then. */
        Dataset<Row> write(Dataset<Row> rows) {
            rows.write()
                    .mode(overwrite ? SaveMode.Overwrite : SaveMode.ErrorIfExists)
                    .parquet(path);
            return rows.sparkSession().read().parquet(path);
        }

        @Override
        public String toString() {
            return path;
        }
    }

    /** Returns a column by its name, in which dots and spaces mean nothing. */
    static Column text(String column) {
        return col("`" + column.replace("`", "``") + "`");
    }

    /** Returns the index of a column of texts. */
    static int indexOfText(StructType type, String column) {
        StructField[] fields = type.fields();
        for (int i = 0; i < fields.length; i++) {
            if (fields[i].name().equals(column) && fields[i].dataType() == DataTypes.StringType) {
                return i;
            }
        }
        throw new IllegalArgumentException(
                "the names must be a column "
                        + column
                        + " of type STRING, but the columns are "
                        + Arrays.stream(fields)
                                .map(field -> field.name() + " " + field.dataType().sql())
                                .toList()
                        + "; try --column");
    }

    /** Returns a number of a summary; 0 where there were no rows to sum. */
    static double number(Row row, int index) {
        @Nullable Object value = row.get(index);
        return value == null ? 0 : ((Number) value).doubleValue();
    }
}
