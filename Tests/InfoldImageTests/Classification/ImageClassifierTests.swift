import InfoldGraph
import InfoldImage
import InfoldONNX
import InfoldRuntime
import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

@Suite struct ImageClassifierTests {
  /// Builds the nodes of a network for pictures [N, 3, 2, 2].
  typealias Network = (inout NetworkBuilder, ValueID) throws -> ValueID

  /// Four scores for each picture: its pixels multiplied by weights.
  private static func linear(_ network: inout NetworkBuilder, _ x: ValueID) throws -> ValueID {
    let flat = try network.node("Flatten", [x])
    return try network.node("MatMul", [flat, network.weights([12, 4])], name: "scores")
  }

  private static func model(batch: Dimension = "N", _ body: Network = linear) throws -> Model {
    var network = NetworkBuilder()
    let x = network.input([batch, 3, 2, 2])
    let y = try body(&network, x)
    return Model(graph: try network.finished(y), irVersion: 8, opsetImports: [Model.OpsetImport(version: 13)])
  }

  private static func classifier(
    batch: Dimension = "N", labels: ClassLabels? = ["ash", "birch", "cedar", "date"], _ body: Network = linear
  ) throws -> ImageClassifier {
    let model = try model(batch: batch, body)
    return try ImageClassifier(
      model, preprocessing: Preprocessing(for: model, normalization: .zeroToOne), labels: labels)
  }

  /// Pictures of several sizes.
  private static func pictures(_ count: Int = 3) throws -> [Picture] {
    try (0..<count).map { seed in
      let (width, height) = (3 + seed, 5 - seed)
      return try Picture(
        width: width, height: height,
        pixels: (0..<width * height * 3).map { UInt8(truncatingIfNeeded: $0 * 37 + seed * 91) })
    }
  }

  @Test func ranksClasses() throws {
    let classifier = try Self.classifier(), picture = try Self.pictures()[0]
    let candidates = try classifier.classify(picture)
    #expect(candidates.count == 4 && Set(candidates.map(\.index)) == [0, 1, 2, 3])
    #expect(candidates.allSatisfy { $0.label == ["ash", "birch", "cedar", "date"][$0.index] })
    #expect(zip(candidates, candidates.dropFirst()).allSatisfy { $0.probability > $1.probability })
    let sum: Double = candidates.map(\.probability).reduce(0, +)
    #expect(abs(sum - 1) < 1e-12)
    // The softmax of the model's own scores, in double precision.
    let scores = try classifier.session.run(classifier.preprocessing.tensor(from: picture)).numbers()
    let largest = try #require(scores.max())
    #expect(candidates[0].index == scores.firstIndex(of: largest))
    let exponentials: Double = scores.map { exponential($0 - largest) }.reduce(0, +)
    #expect(abs(candidates[0].probability - 1 / exponentials) < 1e-12)
    #expect(try classifier.classify(picture, top: 2) == Array(candidates[..<2]))
    #expect(try classifier.classify(picture, top: 0).isEmpty)
  }

  /// e^x by its series.
  private func exponential(_ x: Double) -> Double {
    var sum = 1.0, term = 1.0
    for n in 1..<200 {
      term *= x / Double(n)
      sum += term
    }
    return sum
  }

  @Test(arguments: ["N", 1] as [Dimension]) func takesSeveralPictures(batch: Dimension) throws {
    let classifier = try Self.classifier(batch: batch), pictures = try Self.pictures()
    let together = try classifier.classify(pictures, top: 3)
    #expect(together == (try pictures.map { try classifier.classify($0, top: 3) }))
    #expect(together.count == 3 && Set(together).count == 3)
    #expect(try classifier.classify([] as [Picture]).isEmpty)
  }

  @Test(arguments: ["N", 1] as [Dimension]) func waitsWithoutAThread(batch: Dimension) async throws {
    let classifier = try Self.classifier(batch: batch), pictures = try Self.pictures()
    let expected = try await Task { try Self.withoutWaiting(classifier, pictures) }.value
    #expect(try await classifier.classify(pictures) == expected)
    #expect(try await classifier.classify(pictures[1]) == expected[1])
    #expect(try await classifier.classify([] as [Picture]).isEmpty)
  }

  private static func withoutWaiting(_ classifier: ImageClassifier, _ pictures: [Picture]) throws
    -> [[ImageClassifier.Candidate]]
  { try classifier.classify(pictures) }

  @Test func endsWithItsTask() async throws {
    let classifier = try Self.classifier(), pictures = try Self.pictures()
    let task = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      return try await classifier.classify(pictures)
    }
    let result = await task.result
    let error = #expect(throws: InfoldError.self) { try result.get() }
    #expect(error?.code == .cancelled)
  }

  @Test func callsClassesByNumbersWithoutNames() throws {
    let candidate = try Self.classifier(labels: nil).classify(Self.pictures()[0])[0]
    #expect(candidate.label == "class \(candidate.index)")
  }

  @Test func printsOnALine() throws {
    let classifier = try Self.classifier()
    #expect("\(classifier)" == "classifier of 2×2 pictures with 4 class names")
    #expect(try "\(Self.classifier(labels: nil))" == "classifier of 2×2 pictures")
    let candidate = try classifier.classify(Self.pictures()[0])[0]
    #expect("\(candidate)" == "\(candidate.label) (\(NumberText.percentage(candidate.probability)))")
    #expect("\(candidate)".hasSuffix(" %)"))
    #expect("\(ClassLabels(["one"]))" == "1 class name")
  }

  @Test func takesProbabilitiesAsTheyAre() throws {
    let classifier = try Self.classifier { network, x in try network.node("Softmax", [Self.linear(&network, x)]) }
    #expect(classifier.preprocessing.scores == .probabilities)
    let picture = try Self.pictures()[1]
    let numbers = try classifier.session.run(classifier.preprocessing.tensor(from: picture)).numbers()
    for candidate in try classifier.classify(picture) { #expect(candidate.probability == numbers[candidate.index]) }
  }

  @Test func refusesAnotherNumberOfNames() throws {
    let classifier = try Self.classifier(labels: ["one", "two"])
    expectError(.invalidArgument, "2 class names given, but the model outputs 4 scores") {
      _ = try classifier.classify(Self.pictures()[0])
    }
    expectError(.invalidArgument, "2 class names") { _ = try classifier.classify(Self.pictures()) }
  }

  @Test func refusesOutputsWithoutScores() throws {
    let integers = try Self.classifier { network, x in
      try network.node("Cast", [Self.linear(&network, x)], ["to": .int(7)], name: "cast")
    }
    expectError(.invalidModel, "the output \"cast.out\" is int64", "not scores") {
      _ = try integers.classify(Self.pictures()[0])
    }
    let turned = try Self.classifier(labels: nil) { network, x in
      try network.node("Transpose", [x], ["perm": .ints([1, 0, 2, 3])], name: "turned")
    }
    #expect(try turned.classify(Self.pictures()[0]).count == 5)
    expectError(.invalidModel, "no row of scores for each of 2 pictures") { _ = try turned.classify(Self.pictures(2)) }
  }

  @Test func refusesWhatContradictsTheModel() throws {
    let model = try Self.model()
    expectError(
      .invalidArgument, "2 problems", "\"z\" is not a graph input", "\"y\" is not a graph output"
    ) {
      _ = try ImageClassifier(model, preprocessing: Preprocessing(input: "z", output: "y", height: 2, width: 2))
    }
    var network = NetworkBuilder()
    let x = network.input(["N", 3, 2, 2])
    let graph = try network.finished(network.node("Flatten", [x], name: "a"), network.node("Relu", [x], name: "b"))
    let two = Model(graph: graph, irVersion: 8, opsetImports: [Model.OpsetImport(version: 13)])
    expectError(.invalidArgument, "\"output\" is missing", "\"a.out\", \"b.out\"") {
      _ = try ImageClassifier(two, preprocessing: Preprocessing(input: "x", height: 2, width: 2))
    }
    let classifier = try Self.classifier(), picture = try Self.pictures()[0]
    expectError(.invalidArgument, "-1") { _ = try classifier.classify(picture, top: -1) }
  }

  @Test func readsFiles() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("trees.onnx")
    try Self.model().write(to: path)
    expectError(.fileAccess, folder.path("trees.json"), "no such file") { _ = try ImageClassifier(path: path) }
    try folder.write(
      "trees.json", Array(#"{"normalization": "0-1", "cropFraction": 0.875, "labels": "trees.txt"}"#.utf8))
    expectError(.fileAccess, folder.path("trees.txt"), "no such file") { _ = try ImageClassifier(path: path) }
    try folder.write("trees.txt", Array("ash\nbirch\r\ncedar\ndate".utf8))
    let classifier = try ImageClassifier(path: path)
    #expect(classifier.labels?.names == ["ash", "birch", "cedar", "date"])
    let pictures = try Self.pictures()
    #expect(try classifier.classify(pictures) == Self.classifier().classify(pictures))
    try folder.write("other/o.json", Array(#"{"normalization": "0-1"}"#.utf8))
    let other = try ImageClassifier(path: path, sidecar: folder.path("other/o.json"))
    #expect(other.labels == nil && other.preprocessing.cropFraction == 1)
    try folder.write("trees.txt", Array("ash\nbirch\n".utf8))
    expectError(.invalidArgument, folder.path("trees.txt"), "has 2 class names, but the model outputs 4 scores") {
      _ = try ImageClassifier(path: path).classify(pictures)
    }
  }
}

@Suite struct ClassLabelTests {
  @Test func refusesFilesWithoutNames() throws {
    let folder = try TemporaryFolder()
    expectError(.malformedData, "empty.txt", "is empty") {
      _ = try ClassLabels(path: folder.write("empty.txt", []))
    }
    expectError(.malformedData, "bytes.txt", "is not UTF-8") {
      _ = try ClassLabels(path: folder.write("bytes.txt", [0x61, 0xFF]))
    }
    expectError(.limitExceeded, "large.txt", "limit of 16777216") {
      _ = try ClassLabels(path: folder.write("large.txt", [UInt8](repeating: 0x61, count: (16 << 20) + 1)))
    }
    expectError(.fileAccess, "is a folder") { _ = try ClassLabels(path: folder.path) }
  }
}
