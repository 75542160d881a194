/**
 * What holds where nothing is said, as one would write it in tidemark.yaml. `docs/configuration.md` lists the same values
 * (a test compares them).
 */
export const DEFAULTS = {
  namespace: 'tidemark',
  kafka: {
    brokers: ['localhost:9092'],
    clientId: 'tidemark',
    ssl: false,
    topics: { predictions: 'predictions', windows: 'windows', alerts: 'alerts', deadLetters: 'dead-letters' },
    // A mistyped topic that is silently made would be watched for ever and never see an event.
    createTopics: false,
    partitions: 4,
    replicationFactor: 1,
    // A first start measures what is there; nothing is skipped unless someone says so.
    startAt: 'earliest',
    sessionTimeout: '30s',
    // One fetch and one folded batch per partition; larger made nothing faster.
    fetchMaxBytes: '1 MiB',
  },
  schemaRegistry: { url: 'http://localhost:8081' },
  // A single Redis has none to wait for. Lost state is never begun anew in silence: someone must say that it may be.
  redis: { url: 'redis://localhost:6379', waitReplicas: 0, lostState: 'refuse' },
  // Without a URL there is no archive.
  elasticsearch: { index: 'tidemark-predictions' },
  http: { host: '0.0.0.0', port: 9464 },
  time: {
    // Gateways batch and retry for a few seconds; what comes later than this is late, not lost.
    outOfOrderness: '10s',
    allowedLateness: '1m',
    // Longer than a gateway's pause, short enough that a quiet night still closes its windows at once.
    idleTimeout: '30s',
    // Clock skew and time zones that were forgotten are caught; a real event is never an hour ahead of its broker.
    maxFuture: '1h',
    // A model that stays silent for a day is reported all day; then it is taken for switched off.
    retireAfter: '1d',
    alertRetention: '7d',
    // Ten minutes without alerts are the most that one wrong clock may cost everybody.
    maxHold: '10m',
    // In memory are the panes of this lead at most; a minute's window of ten thousand series is some hundred MB.
    maxSkew: '1h',
    // A group that starts has its partitions owned within a session timeout or two.
    startupGrace: '2m',
  },
  checkpoint: { interval: '1s', maxReplay: '30s', maxBytes: '1 MiB' },
  // Some 15,000 series of 25 features with two open panes; a state that a small Redis holds; an hour of a bad day's alerts.
  budget: { memory: '1 GiB', state: '4 GiB', outbox: 1000 },
  limits: { maxRecordBytes: '1 MiB', maxMapEntries: 2000, maxVersions: 50, maxSegmentValues: 50, maxModels: 20 },
  // Every model that publishes is watched, even before anybody has named it.
  models: [{ name: '*' }],
  // A minute for outages, five for rates of smaller models, an hour for drift, which needs samples.
  windows: ['1m', '5m', '1h'],
  rule: {
    scope: 'all',
    versions: 'merged',
    for: 1,
    keepFiringFor: 1,
    severity: 'warning',
    noData: 'keep',
    // Below 30 events neither a ratio nor a mean says much.
    minSamples: 30,
  },
  drift: {
    subjects: 'features',
    /**
     * Bias-corrected effects. A shift of a quarter standard deviation has PSI .06 and KS .10: corrected PSI passes .03 in 97 %
     * of windows of 1,000 events (.05 in about 60 %, the usual .1 in 3 %), and KS passes .05 always.
     */
    effect: { psi: 0.03, ks: 0.05 },
    /**
     * About one false alarm a week over a hundred series of one-minute windows (10,080 a week each). The usual 5 % would be
     * 500 a week for a single one. Windows of 1,000 events still see a quarter standard deviation in some 80 % of cases.
     */
    alpha: 1e-6,
  },
  log: { level: 'info' },
} as const
