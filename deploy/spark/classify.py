#!/usr/bin/env python3
"""Says what is on many pictures, with Spark: each task pipes the paths of its pictures through `infold classify --lines`.

    spark-submit classify.py --model MODEL.onnx --output FOLDER PICTURES [--master URL] [--infold PATH] [--tasks N]

PICTURES is a text file with the path of a picture on each line. Every machine must have infold, the model with the files beside it, and
the pictures, under the same paths. FOLDER gets text files with a JSON object for each picture, in the order of the list, and _SUCCESS
when all are there; tasks that fail, or whose executors do, are run again, and only what a task has completed is moved there.
"""

import argparse
import os
import shlex

from pyspark.sql import SparkSession


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pictures", help="a text file with the path of a picture on each line")
    parser.add_argument("--model", required=True, help="the ONNX model, beside its .json")
    parser.add_argument("--output", required=True, help="the folder for the results; it must not exist yet")
    parser.add_argument("--infold", default="infold", help="the program on every machine (default: from PATH)")
    parser.add_argument("--master", help="the cluster (default: spark-submit's)")
    parser.add_argument("--tasks", type=int, help="in how many parts the list is cut (default: Spark's)")
    parser.add_argument("--top", type=int, default=5, help="how many classes for each picture (default: 5)")
    return parser.parse_args()


def main():
    options = arguments()
    builder = SparkSession.builder.appName("infold classify")
    if options.master:
        builder = builder.master(options.master)
    spark = builder.getOrCreate()
    context = spark.sparkContext
    # Spark counts processors; a program in a task should take no more than the task has.
    threads = context.getConf().get("spark.task.cpus", "1")
    command = shlex.join(
        [options.infold, "classify", options.model, "--lines", "--top", str(options.top), "--threads", threads])
    try:
        # pipe gives the program no other environment than this.
        environment = {"PATH": os.environ.get("PATH", os.defpath)}
        paths = context.textFile(options.pictures, options.tasks)
        # With checkCode, a program that ends with an error fails its task, which is then run again. A picture that cannot be read is no
        # such error: its line says so.
        paths.pipe(command, env=environment, checkCode=True).saveAsTextFile(options.output)
    finally:
        spark.stop()


if __name__ == "__main__":
    main()
