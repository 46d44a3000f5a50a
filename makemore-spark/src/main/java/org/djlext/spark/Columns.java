/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.spark;

import java.util.Arrays;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/** What the columns of a table have to be. */
final class Columns {

    private Columns() {}

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
}
