import InfoldSystem

/// The results of `bench` for one batch size.
struct BatchReport: Encodable {
  /// The batch size, if `--batch` sets it.
  let batch: Int?
  /// The time to create the session.
  let prepareMs: Double
  /// The result of tuning, or `nil` without it.
  let tuning: TuningReport?
  /// The times of the inferences.
  let times: DurationSummary

  /// The median time per image in milliseconds.
  var imageMs: Double { times.medianMs / Double(batch ?? 1) }
  /// Images per second at the median.
  var imagesPerSecond: Double { 1000 / imageMs }

  private enum CodingKeys: String, CodingKey {
    case batch
    case prepareMs = "prepare_ms"
    case imageMs = "image_ms"
    case imagesPerSecond = "images_per_second"
    case tuning
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(prepareMs, forKey: .prepareMs)
    try container.encodeIfPresent(tuning, forKey: .tuning)
    if let batch {
      try container.encode(batch, forKey: .batch)
      try container.encode(imageMs, forKey: .imageMs)
      try container.encode(imagesPerSecond, forKey: .imagesPerSecond)
    }
    try times.encode(to: encoder)
  }
}

/// The result of `--tune`.
struct TuningReport: Encodable {
  /// The number of choices measured in this process.
  let measured: Int
  /// The number of steps whose algorithm was chosen by a measurement, now or earlier.
  let steps: Int

  /// The result as part of a line.
  var text: String {
    let origin = measured > 0 ? "\(NumberText.counted(measured, "choice")) measured now" : "nothing measured now"
    return "tuned: \(origin), and \(NumberText.counted(steps, "step")) chosen by measurement"
  }
}

/// The results of `bench`. If there is one batch size or none is given, JSON has its numbers at the
/// top level.
struct BenchmarkReport: Encodable {
  /// The time to decode the model file.
  let decodeMs: Double
  /// The peak memory of the process in bytes, or `nil` if the system does not report it.
  let peakMemoryBytes: Int?
  /// The number of threads of a run.
  let threads: Int
  /// The results for each batch size, at least one.
  let batches: [BatchReport]

  private enum CodingKeys: String, CodingKey {
    case decodeMs = "decode_ms"
    case peakMemoryBytes = "peak_memory_bytes"
    case threads
    case batches
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(decodeMs, forKey: .decodeMs)
    try container.encodeIfPresent(peakMemoryBytes, forKey: .peakMemoryBytes)
    try container.encode(threads, forKey: .threads)
    if batches.count == 1 {
      try batches[0].encode(to: encoder)
    } else {
      try container.encode(batches, forKey: .batches)
    }
  }

  /// The report as text.
  var text: String {
    let conditions =
      "decoded in \(NumberText.fixed(decodeMs, digits: 1)) ms, prepared in "
      + batches.map { NumberText.fixed($0.prepareMs, digits: 1) }.joined(separator: ", ")
      + " ms; \(NumberText.counted(threads, "thread"))"
      + (peakMemoryBytes.map { ", peak memory \(NumberText.scaled($0, unit: "B"))" } ?? "")
    let tuning = batches.compactMap(\.tuning).map { $0.text.paragraph() }.joined()
    if batches.count == 1, batches[0].batch == nil { return batches[0].times.text + conditions.paragraph() + tuning }
    var table = Table(
      (title: "batch", alignment: .right), (title: "runs", alignment: .right), (title: "median ms", alignment: .right),
      (title: "90th percentile", alignment: .right), (title: "ms per image", alignment: .right),
      (title: "images/s", alignment: .right))
    for report in batches {
      table.add(
        "\(report.batch ?? 1)", NumberText.grouped(report.times.runs),
        NumberText.fixed(report.times.medianMs, digits: 3),
        NumberText.fixed(report.times.p90Ms, digits: 3), NumberText.fixed(report.imageMs, digits: 3),
        NumberText.significant(report.imagesPerSecond, digits: 4))
    }
    return table.text + conditions.paragraph() + tuning
  }
}
