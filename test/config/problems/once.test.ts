import { describe, expect, test } from 'vitest'
import { problemsOf } from '../fixtures.ts'

describe('one mistake is one problem', () => {
  test('a window that is bad is still known by its name', () => {
    const problems = problemsOf(
      'models: [{name: m, windows: [{name: w, size: 1x}, 1h]}]\nrules: [{name: r, when: count below 1, window: w}]',
    )
    expect(problems.map(problem => problem.path)).toEqual(['models[0].windows[0].size'])
  })
  test('beside a window that is bad, an unknown one is still unknown', () => {
    const problems = problemsOf(
      'models: [{name: m, windows: [{name: w, size: 1x}, 1h]}]\nrules: [{name: r, when: count below 1, window: v}]',
    )
    expect(problems.map(problem => problem.path)).toEqual(['models[0].windows[0].size', 'rules[0].window'])
  })
  test('a window whose name is not known may be the one that a rule means', () => {
    const problems = problemsOf('models: [{name: m, windows: [1x, 1h]}]\nrules: [{name: r, when: count below 1, window: 1x}]')
    expect(problems.map(problem => problem.path)).toEqual(['models[0].windows[0]'])
  })
  test('an odd size is told so at once', () => {
    const [problem] = problemsOf('models: [{name: m, windows: [365d1ms every 7m]}]')
    expect(problem.cure).toBe('write 365d1ms')
  })
  test('a segment that is bad may be the one that a rule means', () => {
    const problems = problemsOf('models: [{name: m, segments: [5]}]\nrules: [{name: r, when: count below 1, scope: [context]}]')
    expect(problems.map(problem => problem.path)).toEqual(['models[0].segments[0]'])
  })
  test('a feature that is bad is still known by its name', () => {
    const problems = problemsOf('models: [{name: m, features: {x: num}}]\nrules: [{name: r, when: mean(x) above 1}]')
    expect(problems.map(problem => problem.path)).toEqual(['models[0].features.x'])
  })
  test('a reference that cannot be read makes no rule wrong', () => {
    const problems = problemsOf(
      'models: [{name: m, reference: no.json}]\nrules: [{name: r, drift: ks, subjects: [temp]}, {name: q, when: mean(a) above 1}]',
    )
    expect(problems.map(problem => problem.path)).toEqual(['models[0].reference'])
  })
  test('a key under a misspelt name is not called missing too', () => {
    expect(problemsOf('models: [{name: m, windows: [{name: w, sise: 1h}]}]').map(problem => problem.path)).toEqual([
      'models[0].windows[0].sise',
    ])
  })
  test('a model that is bad is still known by its name', () => {
    const problems = problemsOf(
      'models: [{name: m, windows: 5}, {name: n}]\nrules: [{name: r, when: count below 1, models: [m]}]',
    )
    expect(problems.map(problem => problem.path)).toEqual(['models[0].windows'])
  })
  test('a password is never shown', () => {
    const [problem] = problemsOf('redis: { url: "http://me:geheim@r:6379" }')
    expect(problem.message).toContain('me:***@r')
    expect(
      problemsOf('schemaRegistry: { username: u, password: 4711 }')
        .map(found => found.message + found.cure)
        .join(),
    ).not.toContain('4711')
  })
})
