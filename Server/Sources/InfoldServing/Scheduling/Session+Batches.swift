import Infold

extension Session {
  /// The outcomes of requests that run together.
  ///
  /// If a batch fails, each request runs alone, so that one cannot make others fail.
  func outcomes(of entries: [Scheduler.Entry]) -> [Scheduler.Outcome] {
    if entries.count == 1 { return [outcome(of: entries[0])] }
    do throws(InfoldError) {
      return try together(entries).map { .success($0) }
    } catch {
      return entries.map { outcome(of: $0) }
    }
  }

  private func outcome(of entry: Scheduler.Entry) -> Scheduler.Outcome {
    do throws(InfoldError) {
      return .success(try run(entry.inputs))
    } catch {
      return .failure(ServingError(error))
    }
  }

  /// Runs requests as one batch, and returns the images of each.
  private func together(_ entries: [Scheduler.Entry]) throws(InfoldError) -> [[String: Tensor]] {
    var batch: [String: Tensor] = [:]
    for name in entries[0].inputs.keys {
      batch[name] = try Tensor(concatenating: entries.map { $0.inputs[name]! })
    }
    let results = try run(batch)
    var begin = 0
    return try entries.map { entry throws(InfoldError) in
      let images = begin..<begin + (entry.images ?? 0)
      begin = images.upperBound
      var part: [String: Tensor] = [:]
      for (name, tensor) in results { part[name] = try tensor.slice(images) }
      return part
    }
  }
}

extension ServedModel {
  /// The number of images of a request, or `nil` if it cannot be batched.
  func images(in inputs: [String: Tensor]) -> Int? {
    guard takesBatches, let images = inputs.first?.value.shape.first, images > 0, images <= settings.largestBatch,
      inputs.count == batchedInputCount, inputs.values.allSatisfy({ $0.shape.first == images })
    else { return nil }
    return images
  }
}
