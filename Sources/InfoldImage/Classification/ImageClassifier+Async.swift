import InfoldRuntime
import InfoldSystem
import InfoldTensor

extension ImageClassifier {
  /// Returns the most probable classes of a picture, the best first. The task suspends while the
  /// model runs, without blocking a thread.
  /// - Parameters:
  ///   - picture: A picture of any size.
  ///   - count: The number of classes, or all if the model has fewer.
  /// - Throws: The errors of the synchronous method, and `InfoldError` with `.cancelled` if the
  ///   task is cancelled.
  public func classify(_ picture: Picture, top count: Int = 5) async throws(InfoldError) -> [Candidate] {
    try await candidates(in: run([picture]), ofPictures: 1, top: count)[0]
  }

  /// Returns the most probable classes of each picture. The task suspends while the model runs,
  /// without blocking a thread.
  /// - Parameters:
  ///   - pictures: Pictures of any size.
  ///   - count: The number of classes of each picture, or all if the model has fewer.
  /// - Returns: The classes of each picture, the best first, in the order of the pictures.
  /// - Throws: The errors of the method for a single picture.
  public func classify(_ pictures: [Picture], top count: Int = 5) async throws(InfoldError) -> [[Candidate]] {
    guard takesBatches else {
      var candidates: [[Candidate]] = []
      for picture in pictures { candidates.append(try await classify(picture, top: count)) }
      return candidates
    }
    guard !pictures.isEmpty else { return [] }
    return try await candidates(in: run(pictures), ofPictures: pictures.count, top: count)
  }

  /// The outputs of the model for a batch of pictures.
  private func run(_ pictures: [Picture]) async throws(InfoldError) -> [String: Tensor] {
    try await session.run(input(for: pictures))
  }
}
