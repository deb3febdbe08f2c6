package import NIOCore
package import NIOPosix

/// Has tasks run on an event loop: what comes from a connection, and what goes to it, then changes no thread.
///
/// A task that takes long keeps the loop from its other connections, and belongs elsewhere (`onOtherThread(if:)`).
package final class EventLoopExecutor: TaskExecutor {
  private let eventLoop: any EventLoop

  /// - Parameter eventLoop: The loop that connections belong to.
  package init(_ eventLoop: any EventLoop) { self.eventLoop = eventLoop }

  package func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    eventLoop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }
}

/// Has tasks run on the event loop that resumes them, or on any of a group: for those whose connection nobody knows.
package final class EventLoopGroupExecutor: TaskExecutor {
  private let group: MultiThreadedEventLoopGroup

  /// - Parameter group: The event loops.
  package init(_ group: MultiThreadedEventLoopGroup) { self.group = group }

  package func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    let eventLoop = MultiThreadedEventLoopGroup.currentEventLoop ?? group.next()
    eventLoop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }
}

/// Does something on the event loop of the calling thread, wherever what it waits for comes from.
package func onCurrentEventLoop<Output, Failure: Error>(
  _ body: () async throws(Failure) -> Output
) async throws(Failure) -> Output {
  guard let eventLoop = MultiThreadedEventLoopGroup.currentEventLoop else { return try await body() }
  return try await withTaskExecutorPreference(EventLoopExecutor(eventLoop), operation: body)
}

/// Does something that may keep a thread for long on one that no connections belong to.
/// - Parameter isLong: Whether it may; else it is done at once.
package func onOtherThread<Output, Failure: Error>(
  if isLong: Bool = true, _ body: () async throws(Failure) -> Output
) async throws(Failure) -> Output {
  guard isLong else { return try await body() }
  return try await withTaskExecutorPreference(globalConcurrentExecutor, operation: body)
}
