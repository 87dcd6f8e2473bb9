CREATE TRIGGER jobs_move BEFORE UPDATE ON jobs FOR EACH ROW
WHEN (NEW.id IS NOT OLD.id OR NEW.owner_id IS NOT OLD.owner_id)
  OR (OLD.status IN ('completed') AND (NEW.id IS NOT OLD.id OR NEW.owner_id IS NOT OLD.owner_id OR NEW.pipeline IS NOT OLD.pipeline OR NEW.created_at IS NOT OLD.created_at OR NEW.updated_at IS NOT OLD.updated_at OR NEW.status IS NOT OLD.status OR NEW.stage IS NOT OLD.stage OR NEW.progress IS NOT OLD.progress OR NEW.failed_stage IS NOT OLD.failed_stage OR NEW.error IS NOT OLD.error OR NEW.attempt IS NOT OLD.attempt OR NEW.leg IS NOT OLD.leg OR NEW.from_stage IS NOT OLD.from_stage OR NEW.waiting_for IS NOT OLD.waiting_for OR NEW.priority IS NOT OLD.priority OR NEW.settings IS NOT OLD.settings OR NEW.inputs IS NOT OLD.inputs OR NEW.hold_after IS NOT OLD.hold_after OR NEW.parent_job_id IS NOT OLD.parent_job_id OR NEW.batch_id IS NOT OLD.batch_id OR NEW.result_id IS NOT OLD.result_id OR NEW.idempotency_key IS NOT OLD.idempotency_key OR NEW.request_fingerprint IS NOT OLD.request_fingerprint OR NEW.deadline_s IS NOT OLD.deadline_s OR NEW.estimate_usd IS NOT OLD.estimate_usd OR NEW.cost_usd IS NOT OLD.cost_usd OR NEW.budget_usd IS NOT OLD.budget_usd OR NEW.is_test IS NOT OLD.is_test OR NEW.seq IS NOT OLD.seq OR NEW.started_at IS NOT OLD.started_at OR NEW.ended_at IS NOT OLD.ended_at))
  OR (NEW.status <> OLD.status AND NOT (OLD.status = 'draft' AND NEW.status IN ('canceled', 'pending') OR OLD.status = 'pending' AND NEW.status IN ('canceled', 'failed', 'processing') OR OLD.status = 'processing' AND NEW.status IN ('canceled', 'completed', 'failed', 'pending', 'waiting') OR OLD.status = 'waiting' AND NEW.status IN ('canceled', 'failed', 'processing') OR OLD.status = 'failed' AND NEW.status IN ('pending') OR OLD.status = 'canceled' AND NEW.status IN ('pending')))
  OR (NEW.status = OLD.status AND OLD.status <> 'processing' AND (NEW.seq <> OLD.seq OR NEW.status IS NOT OLD.status OR NEW.stage IS NOT OLD.stage OR NEW.progress IS NOT OLD.progress OR NEW.attempt IS NOT OLD.attempt))
  OR (NEW.seq <> OLD.seq + CASE WHEN NEW.status IS NOT OLD.status OR NEW.stage IS NOT OLD.stage OR NEW.progress IS NOT OLD.progress OR NEW.attempt IS NOT OLD.attempt THEN 1 ELSE NEW.seq - OLD.seq END)
  OR (NEW.seq NOT IN (OLD.seq, OLD.seq + 1))
  OR (NEW.attempt <> OLD.attempt + CASE WHEN OLD.status IN ('canceled', 'failed') AND NEW.status = 'pending' THEN 1 ELSE 0 END)
  OR (NEW.attempt = OLD.attempt AND (NEW.progress < OLD.progress OR CASE NEW.stage WHEN 'uploading' THEN 0 WHEN 'validating' THEN 1 WHEN 'transcribing' THEN 2 WHEN 'selecting' THEN 3 WHEN 'removing_background' THEN 4 WHEN 'approving' THEN 5 WHEN 'analyzing' THEN 6 WHEN 'planning' THEN 7 WHEN 'retrieving' THEN 8 WHEN 'submitting' THEN 9 WHEN 'generating' THEN 10 WHEN 'storing' THEN 11 WHEN 'optimizing' THEN 12 WHEN 'watermarking' THEN 13 WHEN 'complete' THEN 14 ELSE -1 END < CASE OLD.stage WHEN 'uploading' THEN 0 WHEN 'validating' THEN 1 WHEN 'transcribing' THEN 2 WHEN 'selecting' THEN 3 WHEN 'removing_background' THEN 4 WHEN 'approving' THEN 5 WHEN 'analyzing' THEN 6 WHEN 'planning' THEN 7 WHEN 'retrieving' THEN 8 WHEN 'submitting' THEN 9 WHEN 'generating' THEN 10 WHEN 'storing' THEN 11 WHEN 'optimizing' THEN 12 WHEN 'watermarking' THEN 13 WHEN 'complete' THEN 14 ELSE -1 END))
BEGIN SELECT RAISE(ABORT, 'illegal_move'); END
;;
CREATE TRIGGER events_append BEFORE INSERT ON events FOR EACH ROW
WHEN NEW.seq <> coalesce((SELECT max(seq) FROM events WHERE job_id = NEW.job_id) + 1, NEW.seq)
BEGIN SELECT RAISE(ABORT, 'illegal_move'); END
;;
CREATE TRIGGER events_update BEFORE UPDATE ON events FOR EACH ROW
WHEN 1 = 1
BEGIN SELECT RAISE(ABORT, 'illegal_move'); END
;;
CREATE TRIGGER events_delete BEFORE DELETE ON events FOR EACH ROW
WHEN EXISTS (SELECT 1 FROM jobs WHERE id = OLD.job_id)
BEGIN SELECT RAISE(ABORT, 'illegal_move'); END
