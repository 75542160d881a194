import { createHash } from 'node:crypto'
import { createReferenceBuilder } from '../windows/reference/build.ts'
import type { FeatureProfile, Reference } from '../windows/reference/reference.ts'
import { referenceSeed } from './random.ts'
import { DAY_MS } from './rhythm.ts'
import { simulate } from './simulator.ts'
import { MODELS, type ModelWorld } from './world.ts'

/** References by model, from the day before `dayMs`: the same world without incidents, other events. */
export const demoReferences = (seed: number, dayMs: number): ReadonlyMap<string, Reference> => {
  const builders = MODELS.map(model =>
    createReferenceBuilder(model.name, {
      sha256Hex: text => createHash('sha256').update(text).digest('hex'),
      kinds: kindsOf(model),
      predictionKind: 'numeric',
    }),
  )
  for (const { prediction } of simulate({
    seed: referenceSeed(seed),
    startMs: dayMs - DAY_MS,
    durationMs: DAY_MS,
    incidents: [],
  })) {
    for (const builder of builders) if (builder.add(prediction)) break
  }
  return new Map(builders.map(builder => builder.finish()).map(reference => [reference.model, reference]))
}

export const kindsOf = (model: ModelWorld): Readonly<Record<string, FeatureProfile['kind']>> => ({
  ...Object.fromEntries(model.numericFeatures.map(name => [name, 'numeric' as const])),
  ...Object.fromEntries(Object.keys(model.categoricalFeatures).map(name => [name, 'categorical' as const])),
})
