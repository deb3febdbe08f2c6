import InfoldSystem

/// What `bench` found for one size of the batch.
struct BatchReport: Encodable {
  /// The size, where `--batch` chose it.
  let batch: Int?
  /// How long the session took to be made.
  let prepareMs: Double
  /// What tuning did; `nil` without it.
  let tuning: TuningReport?
  /// The inferences.
  let times: DurationSummary

  /// Milliseconds for each image, half of the inferences being faster.
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

/// What `--tune` did.
struct TuningReport: Encodable {
  /// The choices that were measured in this process.
  let measured: Int
  /// The steps in which a choice counts that was measured, now or earlier.
  let steps: Int

  /// A part of a line for people.
  var text: String {
    let origin = measured > 0 ? "\(NumberText.counted(measured, "choice")) measured now" : "nothing measured now"
    return "tuned: \(origin), and \(NumberText.counted(steps, "step")) as measurements have it"
  }
}

/// What `bench` found. With one size of the batch, or none, its numbers stand beside the others in JSON.
struct BenchmarkReport: Encodable {
  /// How long the file took to become a model.
  let decodeMs: Double
  /// The most memory that the process has had, in bytes; `nil` where the system does not tell.
  let peakMemoryBytes: Int?
  /// The threads that a run may use.
  let threads: Int
  /// One for each size of the batch, at least one.
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

  /// Lines for people.
  var text: String {
    let conditions =
      "decoded in \(NumberText.fixed(decodeMs, digits: 1)) ms, prepared in "
      + batches.map { NumberText.fixed($0.prepareMs, digits: 1) }.joined(separator: ", ")
      + " ms; \(NumberText.counted(threads, "thread"))"
      + (peakMemoryBytes.map { ", at most \(NumberText.scaled($0, unit: "B")) of memory" } ?? "")
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
