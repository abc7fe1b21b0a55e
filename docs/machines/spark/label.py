"""spark-submit label.py <input> <output folder> [options of voxpop score]: every partition through a filter."""

import os
import shlex
import sys

from pyspark.sql import SparkSession

source, target, *options = sys.argv[1:]
voxpop = ["voxpop", "score", "-", "--line-buffered", "--errors", "inline", "--workers", "1", "--quiet", *options]

spark = SparkSession.builder.appName("voxpop").getOrCreate()
labelled = spark.sparkContext.textFile(source).pipe(
    shlex.join(voxpop),
    # pipe() starts the command with nothing but this.
    env={"PATH": os.environ["PATH"]},
    # Without it a filter that dies would be taken for one that is done, and its rows would be lost.
    checkCode=True,
)
labelled.saveAsTextFile(target)
spark.stop()
