import { expect, test } from 'bun:test'
import { openService, refusal } from './service.ts'

const service = await openService()
const { get, json, pipeline } = service

test('healthz says that it lives, readyz whether it can work and what is in the way', async () => {
  expect(await json(get('/healthz'), 'get', '/healthz')).toMatchObject({
    ...{ status: 'ok', model: { name: 'default' }, queued: 0 },
  })
  expect(await json(get('/readyz'), 'get', '/readyz')).toMatchObject({ ready: true })
  pipeline.version = undefined
  const bare = await json(get('/readyz'), 'get', '/readyz', 503)
  expect(bare).toMatchObject({ ready: false, checks: { model: { ok: false }, bus: { ok: true } } })
  pipeline.version = service.models.latest
  const dead = await openService()
  dead.db.close()
  await dead.bus.close()
  const { checks } = await dead.json(dead.get('/readyz'), 'get', '/readyz', 503)
  expect([checks.bus.ok, checks.database.ok]).toEqual([false, false])
  expect(checks.bus.reason).toContain('is closed')
  expect((await dead.get('/healthz')).status).toBe(200)
})

test('metrics carry the names that dashboards know, and what the pipeline tells', async () => {
  const before = await (await get('/metrics')).text()
  for (const name of [
    ...['training_runs_total', 'training_epochs_total', 'training_loss', 'training_precision'],
    ...['training_recall', 'training_f1_score', 'training_roc_auc', 'training_gradient_norm'],
    ...['training_learning_rate', 'inference_runs_total', 'inference_anomalies_detected'],
    ...['inference_entropy_mean', 'inference_entropy_max', 'inference_distance_mean'],
    ...['inference_distance_max', 'inference_latency_seconds', 'logbert_open_sessions'],
    ...['logbert_score_cache_hits_total', 'logbert_unseen_templates', 'logbert_model_info'],
  ]) {
    expect(before).toContain(`# TYPE ${name} `)
  }
  await service.post('/logs', 'boom\nfine', 'text/plain')
  expect(await service.metric('logbert_consumer_lag{partition="0"}')).toBe(2)
  await pipeline.run()
  expect(await service.metric('logbert_consumer_lag{partition="0"}')).toBe(0)
  expect(await service.metric('logbert_lines_total')).toBe(2)
  expect(await service.metric('logbert_pipeline_lines_total')).toBe(2)
  expect(await service.metric('inference_anomalies_detected{kind="new template"}')).toBe(1)
  const model = `logbert_model_info{name="default",version="${service.models.latest}"}`
  expect(await service.metric(model)).toBe(1)
})

test('what there is not is told as a problem', async () => {
  const missing = await refusal(get('/nowhere'))
  expect([missing.status, missing.detail]).toEqual([404, expect.stringContaining('GET /nowhere')])
  expect((await refusal(service.post('/anomalies'))).status).toBe(404)
})
